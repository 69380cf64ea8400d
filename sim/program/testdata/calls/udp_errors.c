// What UDP sockets refuse.
#include "calls.h"

int main(void) {
	struct sockaddr_in a, c, zero = v4("127.0.0.1", 0);
	int s = bound(&a), t = bound(&c);
	static char big[70000];
	void *bad = (void *)8;
	CALL(send(t, "x", 1, 0));
	CALL(write(t, "x", 1));
	CALL(sendto(t, "x", 1, 0, ADDR(zero)));
	CALL(sendto(t, big, 65507, 0, ADDR(a)));
	CALL(sendto(t, big, 65508, 0, ADDR(a)));
	CALL(sendto(t, big, 70000, 0, ADDR(a)));
	CALL(sendto(t, "x", 1, 0, (struct sockaddr *)&a, 3));
	CALL(sendto(t, "x", 1, 0, (struct sockaddr *)&a, 15));
	CALL(sendto(t, "x", 1, 0, (struct sockaddr *)&a, 200));
	CALL(sendto(t, bad, 10, 0, ADDR(a)));
	CALL(sendto(t, "x", 1, 0, bad, sizeof a));
	readable(s, 1000);
	CALL(recv(s, big, sizeof big, 0));
	CALL(recv(s, big, sizeof big, MSG_DONTWAIT));
	CALL(sendto(t, "hello", 5, 0, ADDR(a)));
	readable(s, 1000);
	CALL(recv(s, bad, 10, MSG_DONTWAIT));
	CALL(recv(s, big, 10, MSG_DONTWAIT));
	CALL(bind(s, bad, sizeof a));
	CALL(connect(s, bad, sizeof a));
	CALL(getsockname(s, bad, bad));
	CALL(recvmsg(s, bad, MSG_DONTWAIT));
	CALL(sendmsg(s, bad, 0));

	puts("descriptors");
	CALL(send(99, "x", 1, 0));
	CALL(recv(99, big, 1, 0));
	CALL(bind(-1, ADDR(a)));
	CALL(connect(99, ADDR(a)));
	int p[2];
	MUST(pipe(p));
	CALL(send(p[1], "x", 1, 0));
	CALL(recv(p[0], big, 1, 0));
	CALL(bind(p[0], ADDR(a)));
	CALL(getsockname(p[0], (struct sockaddr *)&c, &(socklen_t){16}));
	CALL(setsockopt(p[0], SOL_SOCKET, SO_REUSEADDR, &(int){1}, 4));
	CALL(recvmsg(1, &(struct msghdr){0}, 0));
	CALL(close(99));

	puts("not for datagrams");
	CALL(listen(s, 1));
	CALL(accept(s, NULL, NULL));
	CALL(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	CALL(socket(AF_INET, 77, 0));
	CALL(socket(12345, SOCK_DGRAM, 0));
	int pair[2];
	CALL(socketpair(AF_INET, SOCK_DGRAM, 0, pair));
	CALL(connect(s, ADDR(c)));
	CALL(connect(s, ADDR(a)));
	CALL(connect(t, ADDR(zero)));
	return 0;
}
