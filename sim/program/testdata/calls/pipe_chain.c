// A pipeline by hand, as a shell makes it: dup2 over 0 and 1, exec, wait for all.
#include "calls.h"

static pid_t stage(int in, int out, int other, char *const argv[]) {
	pid_t p = MUST(fork());
	if (p == 0) {
		if (in != 0)
			dup2(in, 0), close(in);
		if (out != 1)
			dup2(out, 1), close(out);
		if (other >= 0)
			close(other);
		execvp(argv[0], argv);
		_exit(127);
	}
	return p;
}

int main(void) {
	int a[2], b[2];
	MUST(pipe(a));
	MUST(pipe(b));
	fcntl(a[0], F_SETFD, FD_CLOEXEC);
	fcntl(a[1], F_SETFD, FD_CLOEXEC);
	fcntl(b[0], F_SETFD, FD_CLOEXEC);
	fcntl(b[1], F_SETFD, FD_CLOEXEC);
	char *first[] = {"sh", "-c", "for i in 3 1 2; do echo line $i; done", NULL}, *second[] = {"sort", NULL},
		*third[] = {"sed", "s/line/row/", NULL};
	pid_t p = stage(0, a[1], -1, first), q = stage(a[0], b[1], -1, second);
	close(a[0]);
	close(a[1]);
	close(b[1]);
	pid_t r = stage(b[0], 1, -1, third);
	close(b[0]);
	ended("third", r);
	ended("first", p);
	ended("second", q);

	puts("dup2 over pipes");
	MUST(pipe(a));
	MUST(pipe(b));
	CALL(write(a[1], "old", 3));
	CALL(dup2(b[0], a[0]) == a[0]); // the last reader of a is closed
	signal(SIGPIPE, SIG_IGN);
	CALL(write(a[1], "x", 1));
	CALL(write(b[1], "new", 3));
	char c[8] = "";
	CALL(read(a[0], c, 8));
	printf("read %s\n", c);
	CALL(dup2(a[0], a[0]) == a[0]);
	CALL(dup2(99, a[0]));
	CALL(dup2(a[0], -1));
	CALL(dup3(a[0], a[0], 0));
	CALL(dup3(a[0], a[1], O_CLOEXEC) == a[1]);
	CALL(fcntl(a[1], F_GETFD));
	CALL(fcntl(a[0], F_GETFD));
	CALL(fcntl(a[1], F_SETFD, 0));
	CALL(fcntl(a[1], F_GETFD));

	puts("echo into a program that reads late");
	MUST(pipe(a));
	char *late[] = {"sh", "-c", "sleep 0.1; cat; echo end", NULL};
	p = stage(a[0], 1, a[1], late);
	close(a[0]);
	MUST(write(a[1], "waiting\n", 8));
	close(a[1]);
	ended("late", p);
	return 0;
}
