// shutdown of UDP sockets, with somebody who waits.
#include "calls.h"

static int s;

static void *waits(void *unused) {
	(void)unused;
	char b[8];
	long long start = now();
	CALL(recv(s, b, sizeof b, 0));
	near("the wait", (now() - start) / 1000, 60);
	return NULL;
}

int main(void) {
	struct sockaddr_in a, c;
	int t = bound(&c);
	s = bound(&a);
	char b[8];
	CALL(shutdown(s, SHUT_RD));
	CALL(shutdown(s, 7));
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));
	CALL(recv(s, b, sizeof b, 0)); // it has an effect all the same
	close(s);

	s = bound(&a);
	CALL(connect(s, ADDR(c)));
	CALL(connect(t, ADDR(a)));
	CALL(shutdown(s, SHUT_WR));
	CALL(send(s, "x", 1, MSG_NOSIGNAL));
	CALL(send(t, "abc", 3, 0));
	takes("after shutting down the writing side", s);

	pthread_t thread;
	pthread_create(&thread, NULL, waits, NULL);
	sleep_ms(60);
	shutdown(s, SHUT_RD);
	pthread_join(thread, NULL);
	struct pollfd p = {s, POLLIN | POLLOUT | POLLRDHUP, 0};
	CALL(poll(&p, 1, 1000));
	printf("events: %x\n", p.revents);
	CALL(recv(s, b, sizeof b, 0));
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));

	puts("writing to the end of one's own");
	signal(SIGPIPE, SIG_IGN);
	CALL(write(s, "x", 1));
	return 0;
}
