// A signal in the middle of poll, select, epoll_wait, recv and sleeps: what gives EINTR.
#include "calls.h"
#include <sys/epoll.h>

static volatile sig_atomic_t count;
static void handler(int n) { count += n == SIGALRM; }

// soon sends a signal after 30 ms, and goes on every 30 ms until never: a busy machine may not have
// come to the call.
static void soon(void) { setitimer(ITIMER_REAL, &(struct itimerval){{0, 30000}, {0, 30000}}, NULL); }
static void never(void) { setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL); }

// INTERRUPTED makes a call that a signal comes into after 30 ms, with and without SA_RESTART.
#define INTERRUPTED(e) do { soon(); long long start = now(); CALL(e); never(); took("until then", start, 30); } while (0)

int main(void) {
	struct sockaddr_in a;
	int s = bound(&a), p[2], e = epoll_create1(0);
	MUST(pipe(p));
	struct pollfd f = {s, POLLIN, 0};
	struct epoll_event ev = {EPOLLIN, {.u32 = 1}};
	MUST(epoll_ctl(e, EPOLL_CTL_ADD, s, &ev));
	char b[8];
	fd_set r;
	for (int restart = 0; restart < 2; restart++) {
		printf("with flags %s\n", restart ? "SA_RESTART" : "0");
		struct sigaction act = {.sa_handler = handler, .sa_flags = restart ? SA_RESTART : 0};
		CALL(sigaction(SIGALRM, &act, NULL));
		INTERRUPTED(poll(&f, 1, -1));
		INTERRUPTED(poll(&f, 1, 20000));
		struct timespec limit = ms(20000);
		INTERRUPTED(ppoll(&f, 1, &limit, NULL));
		FD_ZERO(&r);
		FD_SET(s, &r);
		struct timeval tv = {20, 0};
		INTERRUPTED(select(s + 1, &r, NULL, NULL, &tv));
		printf("the set is left alone: %d\n", !!FD_ISSET(s, &r));
		near("time left", tv.tv_sec * 1000000 + tv.tv_usec, 19970);
		INTERRUPTED(epoll_wait(e, &ev, 1, -1));
		struct timespec left = {0, 0}, want = ms(20000);
		INTERRUPTED(nanosleep(&want, &left));
		near("time left", left.tv_sec * 1000000 + left.tv_nsec / 1000, 19970);
		INTERRUPTED(usleep(900000));
		INTERRUPTED(pause());
		if (!restart) {
			INTERRUPTED(recv(s, b, sizeof b, 0));
			INTERRUPTED(read(p[0], b, sizeof b));
		}
	}
	puts("a time limit on the socket takes restarting away");
	struct timeval tv = {20, 0};
	CALL(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	INTERRUPTED(recv(s, b, sizeof b, 0));
	printf("signals came: %d\n", count >= 18);
	return 0;
}
