// Socket pairs of AF_UNIX.
#include "calls.h"

static void state(const char *what, int fd) {
	struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
	int n = poll(&p, 1, 0);
	printf("%s: %d %x\n", what, n, p.revents);
}

int main(void) {
	int s[2];
	char b[16];
	signal(SIGPIPE, SIG_IGN);
	CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	state("one", s[0]);
	CALL(write(s[1], "abc", 3));
	CALL(write(s[1], "def", 3));
	state("one, with bytes", s[0]);
	CALL(recv(s[0], b, 2, 0));
	CALL(read(s[0], b, 16));
	CALL(write(s[0], "back", 4));
	CALL(read(s[1], b, 16));
	CALL(recv(s[0], b, 2, MSG_DONTWAIT));
	pid_t c = fork();
	if (c == 0) {
		close(s[0]);
		sleep_ms(40);
		_exit(write(s[1], "from a child", 12));
	}
	long long start = now();
	CALL(read(s[0], b, 16));
	near("the wait", (now() - start) / 1000, 40);
	ended("child", c);
	CALL(shutdown(s[1], SHUT_WR));
	state("one, whose peer writes no more", s[0]);
	CALL(read(s[0], b, 16));
	CALL(write(s[1], "x", 1));
	close(s[1]);
	state("one, whose peer is gone", s[0]);
	CALL(read(s[0], b, 10));
	CALL(write(s[0], "x", 1));
	close(s[0]);
	CALL(socketpair(AF_INET, SOCK_STREAM, 0, s));

	puts("full");
	CALL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, s));
	CALL(fcntl(s[0], F_GETFL));
	CALL(fcntl(s[0], F_GETFD));
	static char big[4096];
	int n = 0;
	while (write(s[0], big, sizeof big) == sizeof big)
		n++;
	printf("it holds between 64 and 512 KiB, then %s: %d\n", strerrorname_np(errno), n >= 16 && n <= 128);
	CALL(poll(&(struct pollfd){s[0], POLLOUT, 0}, 1, 0));
	while (read(s[1], big, sizeof big) > 0)
		;
	CALL(poll(&(struct pollfd){s[0], POLLOUT, 0}, 1, 0));
	CALL(send(s[0], "peek", 4, MSG_NOSIGNAL));
	CALL(recv(s[1], b, 16, MSG_PEEK));
	CALL(recv(s[1], b, 16, 0));
	CALL(read(s[1], b, 16));
	return 0;
}
