// epoll: what it refuses, what a close and a copy of a descriptor do, and epoll in epoll.
#include "calls.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

static void wait_for(const char *what, int e, int ms) {
	struct epoll_event v[8];
	int n = epoll_wait(e, v, 8, ms);
	printf("%s: %d", what, n);
	for (int i = 0; i < n; i++)
		printf(", %x of %d", v[i].events, (int)v[i].data.u32);
	puts("");
}

int main(void) {
	struct sockaddr_in a, c;
	int s = bound(&a), client = bound(&c), e = epoll_create1(0), p[2];
	struct epoll_event ev = {EPOLLIN, {.u32 = 1}};
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, s, &ev));
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, s, &ev));
	CALL(epoll_ctl(e, EPOLL_CTL_MOD, client, &ev));
	CALL(epoll_ctl(e, EPOLL_CTL_DEL, client, &ev));
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, 99, &ev));
	CALL(epoll_ctl(99, EPOLL_CTL_ADD, s, &ev));
	CALL(epoll_ctl(s, EPOLL_CTL_ADD, client, &ev));
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, e, &ev));
	CALL(epoll_ctl(e, 17, s, &ev));
	CALL(epoll_ctl(e, EPOLL_CTL_MOD, s, (void *)8));
	int file = open("/proc/self/exe", O_RDONLY);
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, file, &ev));
	CALL(epoll_wait(e, &ev, 0, 0));
	CALL(syscall(SYS_epoll_wait, e, &ev, -1, 0));
	CALL(epoll_wait(s, &ev, 1, 0));
	CALL(epoll_wait(99, &ev, 1, 0));
	CALL(epoll_create(0));
	CALL(epoll_create1(12345));

	puts("a copy keeps what is watched after the close");
	ev.data.u32 = 1;
	int copy = dup(s);
	close(s);
	sendto(client, "x", 1, 0, ADDR(a));
	wait_for("closed, with a copy", e, 2000);
	CALL(epoll_ctl(e, EPOLL_CTL_DEL, s, NULL));
	ev.data.u32 = 2;
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, copy, &ev));
	wait_for("twice", e, 0);
	close(copy);
	wait_for("all closed", e, 0);

	puts("pipes");
	MUST(pipe(p));
	ev = (struct epoll_event){EPOLLIN | EPOLLRDHUP, {.u32 = 3}};
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev));
	ev = (struct epoll_event){EPOLLOUT, {.u32 = 4}};
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, p[1], &ev));
	wait_for("writable", e, 0);
	CALL(write(p[1], "abc", 3));
	CALL(epoll_ctl(e, EPOLL_CTL_DEL, p[1], &ev));
	wait_for("readable", e, 0);
	close(p[1]);
	wait_for("without a writer", e, 0);
	char b[4];
	CALL(read(p[0], b, 4));
	wait_for("empty, without a writer", e, 0);
	close(p[0]);
	MUST(pipe(p));
	ev = (struct epoll_event){0, {.u32 = 5}};
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, p[1], &ev));
	wait_for("no events asked for", e, 0);
	close(p[0]);
	wait_for("without a reader", e, 0);
	close(p[1]);

	puts("epoll in epoll, and in poll");
	int inner = epoll_create1(0), event = eventfd(0, EFD_NONBLOCK);
	ev = (struct epoll_event){EPOLLIN, {.u32 = 6}};
	CALL(epoll_ctl(inner, EPOLL_CTL_ADD, event, &ev));
	ev.data.u32 = 7;
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, inner, &ev));
	wait_for("outer", e, 0);
	CALL(write(event, &(uint64_t){1}, 8));
	wait_for("outer", e, 0);
	CALL(readable(inner, 0));
	CALL(readable(e, 0));
	wait_for("inner", inner, 0);
	CALL(read(event, &(uint64_t){0}, 8));
	wait_for("outer", e, 0);
	CALL(readable(e, 0));
	CALL(epoll_ctl(inner, EPOLL_CTL_ADD, e, &ev));
	return 0;
}
