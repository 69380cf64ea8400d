// What fstat says of descriptors of every kind, and what calls of another kind answer.
#include "calls.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

static void kind(const char *what, int fd) {
	struct stat s;
	if (fstat(fd, &s) == -1) {
		printf("%s: -1 %s\n", what, strerrorname_np(errno));
		return;
	}
	printf("%s: %s%s%s%s%s size %ld\n", what, S_ISREG(s.st_mode) ? "regular" : "", S_ISFIFO(s.st_mode) ? "pipe" : "",
		S_ISSOCK(s.st_mode) ? "socket" : "", S_ISCHR(s.st_mode) ? "device" : "", S_ISDIR(s.st_mode) ? "directory" : "",
		S_ISDIR(s.st_mode) || S_ISREG(s.st_mode) ? 0L : (long)s.st_size);
}

int main(void) {
	int p[2];
	MUST(pipe(p));
	struct sockaddr_in a;
	int s = bound(&a), e = epoll_create1(0), v = eventfd(0, 0), t = timerfd_create(CLOCK_MONOTONIC, 0);
	int n = open("/dev/null", O_RDWR), d = open("/tmp", O_RDONLY | O_DIRECTORY), x = open("/proc/self/exe", O_RDONLY), r = open("/dev/urandom", O_RDONLY);
	kind("standard output", 1);
	kind("standard error", 2);
	kind("pipe", p[0]);
	kind("pipe", p[1]);
	kind("socket", s);
	kind("null", n);
	kind("directory", d);
	kind("program", x);
	kind("random", r);
	kind("none", 99);
	char b[8], link[64] = "";
	CALL(read(s, b, 0));
	CALL(read(e, b, 8));
	CALL(write(e, b, 8));
	CALL(write(t, b, 8));
	CALL(lseek(t, 0, SEEK_SET) >= 0 || errno == ESPIPE);
	CALL(read(d, b, 8));
	CALL(ftruncate(s, 0));
	CALL(ftruncate(p[1], 0));
	CALL(fsync(s));
	CALL(fsync(p[1]));
	CALL(pread(s, b, 8, 0));
	CALL(pread(p[0], b, 8, 0));
	CALL(isatty(s));
	CALL(isatty(1));
	CALL(fchdir(s));
	CALL(fcntl(v, F_GETFL));
	CALL(fcntl(t, F_GETFL));
	CALL(fcntl(e, F_GETFL));
	CALL(fcntl(s, 12345));
	CALL(ioctl(s, 0x5413, b)); // TIOCGWINSZ
	char self[32];
	sprintf(self, "/proc/self/fd/%d", n);
	CALL(readlink(self, link, 63));
	printf("%s\n", link);
	return 0;
}
