// Pipes: end of file, SIGPIPE, sizes, blocking and not, several writers, copies.
#include "calls.h"

int main(void) {
	int p[2], n;
	char b[70000] = "", c[16];
	MUST(pipe(p));
	CALL(write(p[1], "hello", 5));
	CALL(ioctl(p[0], FIONREAD, &n));
	printf("FIONREAD %d\n", n);
	CALL(read(p[0], b, 3));
	CALL(read(p[0], b, 100));
	CALL(write(p[0], "x", 1));
	CALL(read(p[1], b, 1));
	CALL(write(p[1], b, 0));
	CALL(lseek(p[0], 0, SEEK_SET));
	CALL(fcntl(p[0], F_GETPIPE_SZ));
	CALL(fcntl(p[0], F_GETFL));
	CALL(fcntl(p[1], F_GETFL));
	close(p[1]);
	CALL(read(p[0], b, 1));
	CALL(read(p[0], b, 1));
	close(p[0]);

	puts("nobody reads");
	MUST(pipe(p));
	close(p[0]);
	pid_t child = fork();
	if (child == 0) {
		write(p[1], "x", 1);
		_exit(1);
	}
	ended("with the default", child);
	signal(SIGPIPE, SIG_IGN);
	CALL(write(p[1], "x", 1));
	close(p[1]);

	puts("not blocking");
	MUST(pipe2(p, O_NONBLOCK | O_CLOEXEC));
	CALL(fcntl(p[0], F_GETFL));
	CALL(fcntl(p[0], F_GETFD));
	CALL(read(p[0], b, 1));
	for (n = 0; write(p[1], b, 4096) == 4096; n++)
		;
	printf("%d pages fit, then %s\n", n, strerrorname_np(errno));
	CALL(read(p[0], b, 4095));
	CALL(write(p[1], b, 100)); // no page is free
	CALL(read(p[0], b, 1));
	CALL(write(p[1], b, 4096));
	CALL(read(p[0], b, 12288));
	CALL(write(p[1], b, 4096 * 4)); // more than PIPE_BUF may be written in part
	close(p[0]);
	close(p[1]);

	puts("a writer that blocks, and a slow reader");
	MUST(pipe(p));
	child = fork();
	if (child == 0) {
		close(p[0]);
		long long start = now();
		CALL(write(p[1], b, 70000));
		near("write", (now() - start) / 1000, 60);
		_exit(0);
	}
	close(p[1]);
	sleep_ms(60);
	long sum = 0;
	for (ssize_t k; (k = read(p[0], b, sizeof b)) > 0;)
		sum += k;
	printf("read %ld\n", sum);
	ended("writer", child);
	close(p[0]);

	puts("end of file only when the last copy is closed");
	MUST(pipe(p));
	int d = dup(p[1]);
	close(p[1]);
	CALL(write(d, "by a copy", 9));
	child = fork();
	if (child == 0) {
		sleep_ms(50);
		write(d, "late", 4);
		_exit(0);
	}
	close(d);
	CALL(read(p[0], c, 16));
	long long start = now();
	CALL(read(p[0], c, 16));
	near("the wait", (now() - start) / 1000, 50);
	CALL(read(p[0], c, 16));
	ended("child", child);

	puts("a reader that waits, and a signal that kills it");
	MUST(pipe(p));
	child = fork();
	if (child == 0) {
		read(p[0], c, 1);
		_exit(1);
	}
	sleep_ms(30);
	CALL(kill(child, SIGTERM));
	ended("reader", child);
	CALL(pipe2(p, 12345));
	CALL(syscall(SYS_pipe, 8L));
	return 0;
}
