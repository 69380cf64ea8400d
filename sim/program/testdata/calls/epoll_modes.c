// epoll: level, edge, one shot; the order and the data of events.
#include "calls.h"
#include <sys/epoll.h>

static int e;

static void wait_for(const char *what, int ms) {
	struct epoll_event v[8];
	int n = epoll_wait(e, v, 8, ms);
	printf("%s: %d", what, n);
	for (int i = 0; i < n; i++)
		printf(", %x of %llx", v[i].events, (unsigned long long)v[i].data.u64);
	puts("");
}

int main(void) {
	struct sockaddr_in a, b, c;
	int s = bound(&a), t = bound(&b), client = bound(&c);
	char x[16];
	e = MUST(epoll_create1(EPOLL_CLOEXEC));
	struct epoll_event level = {EPOLLIN, {.u64 = 0x1111222233334444}}, edge = {EPOLLIN | EPOLLET, {.u64 = 0x5555}},
		shot = {EPOLLIN | EPOLLONESHOT, {.u64 = 0x6666}}, out = {EPOLLIN | EPOLLOUT | EPOLLET, {.u64 = 0x7777}};
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, s, &level));
	wait_for("nothing", 0);
	sendto(client, "1", 1, 0, ADDR(a));
	wait_for("level", 2000);
	wait_for("level again", 0);
	recv(s, x, 16, 0);
	wait_for("taken", 0);

	puts("edge");
	CALL(epoll_ctl(e, EPOLL_CTL_MOD, s, &edge));
	sendto(client, "1", 1, 0, ADDR(a));
	wait_for("edge", 2000);
	wait_for("edge again", 20);
	sendto(client, "2", 1, 0, ADDR(a));
	wait_for("another arrival", 2000);
	recv(s, x, 16, 0);
	wait_for("one of two taken", 20);
	CALL(epoll_ctl(e, EPOLL_CTL_MOD, s, &edge));
	wait_for("modified", 0);
	wait_for("modified, again", 0);
	recv(s, x, 16, 0);

	puts("one shot");
	CALL(epoll_ctl(e, EPOLL_CTL_MOD, s, &shot));
	sendto(client, "3", 1, 0, ADDR(a));
	wait_for("shot", 2000);
	wait_for("shot again", 0);
	sendto(client, "4", 1, 0, ADDR(a));
	wait_for("another arrival", 20);
	CALL(epoll_ctl(e, EPOLL_CTL_MOD, s, &shot));
	wait_for("armed again", 0);
	recv(s, x, 16, 0);
	recv(s, x, 16, 0);

	puts("both directions, edge");
	CALL(epoll_ctl(e, EPOLL_CTL_MOD, s, &out));
	wait_for("writable", 0);
	wait_for("writable, again", 0);
	sendto(client, "5", 1, 0, ADDR(a));
	wait_for("readable", 2000);
	recv(s, x, 16, 0);

	puts("the order is the order of arrival");
	CALL(epoll_ctl(e, EPOLL_CTL_MOD, s, &level));
	level.data.u64 = 0x8888;
	CALL(epoll_ctl(e, EPOLL_CTL_ADD, t, &level));
	sendto(client, "6", 1, 0, ADDR(b));
	sendto(client, "7", 1, 0, ADDR(a));
	wait_for("t before s", 2000);
	struct epoll_event one;
	CALL(epoll_wait(e, &one, 1, 0));
	unsigned long long first = one.data.u64;
	CALL(epoll_wait(e, &one, 1, 0));
	printf("one at a time, in turns: %d\n", one.data.u64 != first);
	CALL(epoll_ctl(e, EPOLL_CTL_DEL, t, NULL));
	wait_for("without t", 0);
	long long start = now();
	recv(s, x, 16, 0);
	wait_for("a time limit", 30);
	took("epoll_wait", start, 30);
	struct timespec fine = ms(20);
	start = now();
	CALL(epoll_pwait2(e, &one, 1, &fine, NULL));
	took("epoll_pwait2", start, 20);
	return 0;
}
