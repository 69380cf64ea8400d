// Regular files: positions, sharing them, appending, truncating, vectors, temporary files.
#include "calls.h"

int main(void) {
	char name[] = "calls-XXXXXX", b[64] = "";
	int f = MUST(mkstemp(name));
	CALL(write(f, "0123456789", 10));
	CALL(lseek(f, 0, SEEK_CUR));
	CALL(lseek(f, 3, SEEK_SET));
	CALL(read(f, b, 4));
	printf("%.4s\n", b);
	CALL(lseek(f, -2, SEEK_END));
	CALL(read(f, b, 10));
	CALL(read(f, b, 10));
	CALL(pread(f, b, 3, 1));
	CALL(pwrite(f, "X", 1, 12));
	CALL(lseek(f, 0, SEEK_END));
	CALL(lseek(f, -100, SEEK_SET));

	puts("a copy shares the position; another opening does not; a child does");
	int d = dup(f), g = open(name, O_RDONLY);
	CALL(lseek(d, 5, SEEK_SET));
	CALL(lseek(f, 0, SEEK_CUR));
	CALL(lseek(g, 0, SEEK_CUR));
	pid_t c = fork();
	if (c == 0) {
		CALL(read(f, b, 2));
		exit(0);
	}
	ended("child", c);
	CALL(lseek(d, 0, SEEK_CUR));
	CALL(write(g, "x", 1));

	puts("flags");
	int a = open(name, O_WRONLY | O_APPEND);
	CALL(lseek(a, 0, SEEK_SET));
	CALL(write(a, "end", 3));
	CALL(lseek(a, 0, SEEK_CUR));
	CALL(fcntl(a, F_GETFL) & (O_ACCMODE | O_APPEND));
	CALL(read(a, b, 1));
	CALL(open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	CALL(open("calls-missing/x", O_RDONLY));
	CALL(ftruncate(f, 4));
	struct stat s;
	CALL(fstat(f, &s));
	printf("size %ld, links %d, mode %o\n", (long)s.st_size, (int)s.st_nlink, s.st_mode);

	puts("vectors");
	char x[3] = "", y[5] = "";
	struct iovec v[] = {{"ab", 2}, {"cdef", 4}}, w[] = {{x, 2}, {y, 4}};
	CALL(lseek(f, 0, SEEK_SET));
	CALL(writev(f, v, 2));
	CALL(preadv(f, w, 2, 0));
	printf("%s %s\n", x, y);
	CALL(unlink(name));
	CALL(fstat(f, &s));
	printf("links %d\n", (int)s.st_nlink);
	CALL(access(name, F_OK));

	puts("devices");
	int z = open("/dev/null", O_RDWR), r = open("/dev/urandom", O_RDONLY), zero = open("/dev/zero", O_RDONLY);
	CALL(read(z, b, 10));
	CALL(write(z, b, 10));
	memset(b, 0, sizeof b);
	CALL(read(r, b, 32));
	int set = 0;
	for (int i = 0; i < 32; i++)
		set += b[i] != 0;
	printf("random bytes: %d\n", set > 20);
	char other[32];
	CALL(read(r, other, 32));
	printf("others next time: %d\n", memcmp(b, other, 32) != 0);
	CALL(read(zero, b, 8));
	printf("zero: %d\n", b[0] == 0);
	CALL(isatty(z));
	CALL(close(z));
	CALL(close(z));
	return 0;
}
