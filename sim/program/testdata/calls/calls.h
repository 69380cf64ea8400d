// What the programs of this directory share. Each covers one subject, and prints what system calls
// answer: natively and under simulation the same lines must come out.
//
// A line shows the call as it is written, and its result:
//
//	bind(s, ANY(v4("127.0.0.1", 5000))): -1 EADDRINUSE
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Lines go out whole, also from a child: nothing waits in a buffer that fork would copy.
__attribute__((constructor)) static void lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

__attribute__((unused)) static long shown(const char *call, long result) {
	int e = errno;
	if (result == -1)
		printf("%s: -1 %s\n", call, strerrorname_np(e));
	else
		printf("%s: %ld\n", call, result);
	errno = e;
	return result;
}

// CALL makes a call and prints it with its result; the name of errno if it is -1.
#define CALL(e) shown(#e, (long)(e))

// ERR prints the returned error of a pthread function, which leaves errno alone.
#define ERR(e) printf("%s: %s\n", #e, failed(e))
__attribute__((unused)) static const char *failed(int e) { return e ? strerrorname_np(e) : "0"; }

// MUST ends the program if a call fails that the others rest on.
#define MUST(e) must(#e, (long)(e))
__attribute__((unused)) static long must(const char *call, long result) {
	if (result == -1) {
		printf("%s: -1 %s, and nothing works without\n", call, strerrorname_np(errno));
		exit(99);
	}
	return result;
}

// ---- time ----

__attribute__((unused)) static long long now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// slack is how late a machine may be, in milliseconds: the caller's choice, for virtual time has no
// excuse, and a loaded machine has.
__attribute__((unused)) static long slack(void) {
	const char *s = getenv("CALLS_SLACK_MS");
	return s ? atol(s) : 50;
}

// took prints that ms milliseconds have passed since start, if it is so.
__attribute__((unused)) static void took(const char *what, long long start, long ms) {
	long long us = (now() - start) / 1000;
	if (us >= ms * 1000 && us < (ms + slack()) * 1000)
		printf("%s took %ld ms\n", what, ms);
	else
		printf("%s took %lld us instead of %ld ms\n", what, us, ms);
}

// near prints that a time is so many milliseconds, give or take the slack.
__attribute__((unused)) static void near(const char *what, long us, long ms) {
	if (us <= (ms + slack()) * 1000 && us >= (ms - slack()) * 1000)
		printf("%s is %ld ms\n", what, ms);
	else
		printf("%s is %ld us instead of %ld ms\n", what, us, ms);
}

__attribute__((unused)) static void sleep_ms(long ms) {
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	while (nanosleep(&t, &t) == -1 && errno == EINTR)
		;
}

__attribute__((unused)) static struct timespec ms(long n) {
	return (struct timespec){n / 1000, n % 1000 * 1000000};
}

// ---- sockets ----

__attribute__((unused)) static struct sockaddr_in v4(const char *address, int port) {
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	inet_pton(AF_INET, address, &a.sin_addr);
	return a;
}

__attribute__((unused)) static struct sockaddr_in6 v6(const char *address, int port) {
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	inet_pton(AF_INET6, address, &a.sin6_addr);
	return a;
}

// ADDR gives the two arguments that bind and connect take.
#define ADDR(a) (struct sockaddr *)&(a), sizeof(a)

// at prints an address; the ports that the kernel chooses are not the same twice.
__attribute__((unused)) static void at(const char *what, struct sockaddr_storage *s, socklen_t len) {
	char text[64] = "";
	int port = 0;
	if (s->ss_family == AF_INET6) {
		struct sockaddr_in6 *a = (struct sockaddr_in6 *)s;
		inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof text), port = ntohs(a->sin6_port);
	} else if (s->ss_family == AF_INET) {
		struct sockaddr_in *a = (struct sockaddr_in *)s;
		inet_ntop(AF_INET, &a->sin_addr, text, sizeof text), port = ntohs(a->sin_port);
	}
	const char *range = port >= 32768 && port <= 60999 ? "chosen" : NULL;
	if (range)
		printf("%s: %s port %s, %d bytes\n", what, text, range, (int)len);
	else
		printf("%s: %s port %d, %d bytes\n", what, text, port, (int)len);
}

__attribute__((unused)) static void name_of(const char *what, int s) {
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof a;
	if (getsockname(s, (struct sockaddr *)&a, &len) == -1)
		printf("%s: -1 %s\n", what, strerrorname_np(errno));
	else
		at(what, &a, len);
}

__attribute__((unused)) static void peer_of(const char *what, int s) {
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof a;
	if (getpeername(s, (struct sockaddr *)&a, &len) == -1)
		printf("%s: -1 %s\n", what, strerrorname_np(errno));
	else
		at(what, &a, len);
}

// bound returns a UDP socket of 127.0.0.1 with a port of the kernel's choice, and its address.
__attribute__((unused)) static int bound(struct sockaddr_in *a) {
	int s = MUST(socket(AF_INET, SOCK_DGRAM, 0));
	socklen_t len = sizeof *a;
	*a = v4("127.0.0.1", 0);
	MUST(bind(s, (struct sockaddr *)a, len));
	MUST(getsockname(s, (struct sockaddr *)a, &len));
	return s;
}

// readable waits until a descriptor is: loopback delivers at once, but a machine may be busy.
__attribute__((unused)) static int readable(int fd, int ms) {
	struct pollfd p = {fd, POLLIN, 0};
	int n;
	while ((n = poll(&p, 1, ms)) == -1 && errno == EINTR)
		;
	return n;
}

// takes prints what a socket receives, or that nothing comes within 100 ms.
__attribute__((unused)) static void takes(const char *what, int s) {
	char b[2048];
	if (readable(s, 100) == 0) {
		printf("%s: nothing\n", what);
		return;
	}
	ssize_t n = recv(s, b, sizeof b, MSG_DONTWAIT);
	if (n == -1)
		printf("%s: -1 %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %zd bytes \"%.*s\"\n", what, n, (int)n, b);
}

// ---- processes ----

// ended waits for a child and prints how it ended.
__attribute__((unused)) static void ended(const char *what, pid_t child) {
	int status;
	pid_t p = waitpid(child, &status, 0);
	if (p != child)
		printf("%s: waitpid: %s\n", what, p == -1 ? strerrorname_np(errno) : "another child");
	else if (WIFEXITED(status))
		printf("%s: exit code %d\n", what, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		printf("%s: ended by SIG%s%s\n", what, sigabbrev_np(WTERMSIG(status)), WCOREDUMP(status) ? ", core" : "");
	else
		printf("%s: status %x\n", what, status);
}

// no_core keeps a signal of the core kind from writing a file.
#include <sys/resource.h>
__attribute__((unused)) static void no_core(void) { setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); }
