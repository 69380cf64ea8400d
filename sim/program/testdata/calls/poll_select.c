// select and pselect.
#include "calls.h"

static fd_set r, w, x;

static void sets(int a, int b) {
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(a, &r);
	FD_SET(b, &w);
	FD_SET(a, &x);
}

static void show(int a, int b) {
	printf("reads %d writes %d exceptions %d\n", !!FD_ISSET(a, &r), !!FD_ISSET(b, &w), !!FD_ISSET(a, &x));
}

int main(void) {
	struct sockaddr_in a, c;
	int s = bound(&a), t = bound(&c);
	struct timeval limit = {0, 30000};
	sets(s, t);
	CALL(select(t + 1, &r, &w, &x, &limit));
	show(s, t);
	near("time left", limit.tv_sec * 1000000 + limit.tv_usec, 30);

	limit = (struct timeval){0, 30000};
	sets(s, t);
	long long start = now();
	CALL(select(s + 1, &r, NULL, &x, &limit));
	took("select", start, 30);
	show(s, t);
	printf("time left: %ld %ld\n", (long)limit.tv_sec, (long)limit.tv_usec);

	limit = (struct timeval){0, 40000};
	start = now();
	CALL(select(0, NULL, NULL, NULL, &limit));
	took("select of nothing", start, 40);

	CALL(sendto(t, "x", 1, 0, ADDR(a)));
	sets(s, t);
	CALL(select(t + 1, &r, &w, &x, NULL));
	show(s, t);
	limit = (struct timeval){9, 0};
	sets(s, t);
	CALL(select(s + 1, &r, NULL, NULL, &limit));
	near("time left", limit.tv_sec * 1000000 + limit.tv_usec, 9000);

	puts("a set may name more than nfds says");
	sets(s, t);
	CALL(select(s, &r, NULL, NULL, &(struct timeval){0, 0}));
	printf("beyond: %d\n", !!FD_ISSET(s, &r));
	char b[4];
	recv(s, b, 4, 0);

	struct timespec fine = ms(20);
	sets(s, t);
	start = now();
	CALL(pselect(s + 1, &r, NULL, NULL, &fine, NULL));
	took("pselect", start, 20);
	printf("the limit of the caller is untouched: %d\n", fine.tv_nsec == 20000000);
	limit = (struct timeval){0, 1500000}; // more than a second of microseconds is allowed here
	sets(s, t);
	CALL(select(t + 1, &r, &w, NULL, &limit));

	puts("errors");
	sets(s, t);
	limit = (struct timeval){0, 10000};
	int gone = dup(s);
	FD_SET(gone, &r);
	close(gone);
	CALL(select(gone + 1, &r, NULL, NULL, &limit));
	CALL(select(-1, NULL, NULL, NULL, &limit));
	limit = (struct timeval){-1, 0};
	CALL(select(0, NULL, NULL, NULL, &limit));
	fine = (struct timespec){0, 1000000000};
	CALL(pselect(0, NULL, NULL, NULL, &fine, NULL));
	CALL(select(1, (fd_set *)8, NULL, NULL, NULL));

	puts("a pipe whose other end is closed");
	int p[2];
	MUST(pipe(p));
	close(p[1]);
	sets(p[0], t);
	CALL(select(p[0] + 1, &r, NULL, &x, NULL));
	show(p[0], t);
	CALL(read(p[0], b, 4));
	return 0;
}
