// Programs that ask again and again instead of waiting: time passes for them too.
#include "calls.h"
#include <sched.h>

static volatile int done;
static void *late(void *unused) {
	sleep_ms(30);
	done = 1;
	return unused;
}

int main(void) {
	struct sockaddr_in a, c;
	int s = bound(&a), t = bound(&c), p[2];
	char b[8];
	MUST(pipe2(p, O_NONBLOCK));
	long long start = now();
	while (now() - start < 50000000)
		;
	near("reading the clock", (now() - start) / 1000, 50);

	pid_t child = fork();
	if (child == 0) {
		sleep_ms(60);
		sendto(t, "x", 1, 0, ADDR(a));
		sleep_ms(60);
		write(p[1], "y", 1);
		sleep_ms(60);
		_exit(3);
	}
	while (recv(s, b, sizeof b, MSG_DONTWAIT) == -1)
		;
	near("asking a socket", (now() - start) / 1000, 110);
	while (read(p[0], b, sizeof b) == -1)
		;
	near("asking a pipe", (now() - start) / 1000, 170);
	int status;
	while (waitpid(child, &status, WNOHANG) == 0)
		;
	near("asking for a child", (now() - start) / 1000, 230);
	start = now();
	struct pollfd f = {s, POLLIN, 0};
	while (poll(&f, 1, 0) == 0 && now() - start < 20000000)
		;
	near("poll without waiting", (now() - start) / 1000, 20);

	pthread_t thread;
	start = now();
	pthread_create(&thread, NULL, late, NULL);
	while (!done)
		sched_yield();
	near("yielding", (now() - start) / 1000, 30);
	return 0;
}
