// A port without a socket: ICMP port unreachable, as a connected socket sees it.
#include "calls.h"

int main(void) {
	struct sockaddr_in none, a;
	close(bound(&none));
	int s = bound(&a);
	char b[16];

	puts("not connected: nothing is told");
	CALL(sendto(s, "x", 1, 0, ADDR(none)));
	takes("unconnected", s);
	CALL(sendto(s, "x", 1, 0, ADDR(none)));

	puts("connected: at the next call");
	CALL(connect(s, ADDR(none)));
	CALL(send(s, "x", 1, 0));
	struct pollfd p = {s, POLLIN | POLLOUT, 0};
	poll(&(struct pollfd){s, POLLIN, 0}, 1, 1000);
	CALL(poll(&p, 1, 0));
	printf("events: %x\n", p.revents);
	CALL(recv(s, b, sizeof b, 0));
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));

	CALL(send(s, "x", 1, 0));
	readable(s, 1000);
	CALL(send(s, "x", 1, 0));
	takes("after the send that failed", s);

	puts("SO_ERROR takes it");
	int e = -1;
	socklen_t len = sizeof e;
	CALL(send(s, "x", 1, 0));
	readable(s, 1000);
	CALL(getsockopt(s, SOL_SOCKET, SO_ERROR, &e, &len));
	printf("SO_ERROR: %s\n", strerrorname_np(e));
	CALL(getsockopt(s, SOL_SOCKET, SO_ERROR, &e, &len));
	printf("SO_ERROR: %d\n", e);
	takes("after SO_ERROR", s);

	puts("select and a read");
	fd_set r, w, x;
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(s, &r);
	FD_SET(s, &w);
	FD_SET(s, &x);
	CALL(write(s, "x", 1));
	readable(s, 1000);
	CALL(select(s + 1, &r, &w, &x, &(struct timeval){0, 0}));
	printf("reads %d writes %d exceptions %d\n", FD_ISSET(s, &r) != 0, FD_ISSET(s, &w) != 0, FD_ISSET(s, &x) != 0);
	CALL(read(s, b, sizeof b));

	puts("a port whose socket closes later, and connecting again");
	struct sockaddr_in c;
	int t = bound(&c);
	CALL(connect(s, ADDR(c)));
	CALL(send(s, "x", 1, 0));
	takes("open", t);
	close(t);
	CALL(send(s, "y", 1, 0));
	readable(s, 1000);
	CALL(connect(s, ADDR(none)));
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));
	takes("after connecting again", s);
	return 0;
}
