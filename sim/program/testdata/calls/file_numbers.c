// Descriptor numbers: the lowest that is free, whatever kind it is; limits; close_range.
#include "calls.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

int main(void) {
	int p[2];
	CALL(socket(AF_INET, SOCK_DGRAM, 0));
	CALL(socket(AF_INET6, SOCK_DGRAM, 0));
	CALL(eventfd(0, 0));
	CALL(epoll_create1(0));
	CALL(timerfd_create(CLOCK_MONOTONIC, 0));
	CALL(eventfd(0, EFD_SEMAPHORE));
	CALL(open("/dev/null", O_RDONLY));
	CALL(open("/dev/urandom", O_RDONLY));
	CALL(pipe(p));
	printf("%d %d\n", p[0], p[1]);
	CALL(dup(3));
	CALL(close(5));
	CALL(close(3));
	CALL(socket(AF_INET, SOCK_DGRAM, 0));
	CALL(pipe(p));
	printf("%d %d\n", p[0], p[1]);
	CALL(fcntl(3, F_DUPFD, 3));
	CALL(fcntl(3, F_DUPFD, 100));
	CALL(fcntl(3, F_DUPFD_CLOEXEC, 100));
	CALL(fcntl(101, F_GETFD));
	CALL(dup2(4, 50));
	CALL(dup2(4, 3));
	CALL(open("/dev/null", O_RDONLY));
	CALL(fcntl(3, F_DUPFD, 1 << 30));
	CALL(fcntl(3, F_DUPFD, -1));
	pid_t c = fork();
	if (c == 0) {
		CALL(eventfd(0, 0));
		CALL(close(3));
		CALL(eventfd(0, 0));
		exit(0);
	}
	ended("child", c);
	CALL(eventfd(0, 0));

	CALL(close_range(4, ~0U, 0));
	CALL(socket(AF_INET, SOCK_DGRAM, 0));
	CALL(fcntl(50, F_GETFD));
	CALL(close(0));
	CALL(socket(AF_INET, SOCK_DGRAM, 0));
	puts("limits");
	struct rlimit limit = {100, 200};
	CALL(setrlimit(RLIMIT_NOFILE, &limit));
	c = fork();
	if (c == 0) {
		CALL(getrlimit(RLIMIT_NOFILE, &limit));
		printf("%ld %ld\n", (long)limit.rlim_cur, (long)limit.rlim_max);
		exit(0);
	}
	ended("child", c);
	limit.rlim_cur = 300;
	CALL(setrlimit(RLIMIT_NOFILE, &limit));
	CALL(getrlimit(1000, &limit));
	return 0;
}
