// poll at both ends of pipes.
#include "calls.h"

static void state(const char *what, int fd) {
	struct pollfd p = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
	int n = poll(&p, 1, 0);
	printf("%s: %d %x\n", what, n, p.revents);
}

int main(void) {
	int p[2];
	char b[70000];
	memset(b, 'x', sizeof b);
	signal(SIGPIPE, SIG_IGN);
	MUST(pipe2(p, O_NONBLOCK));
	state("reader of an empty pipe", p[0]);
	state("writer of an empty pipe", p[1]);
	CALL(write(p[1], b, 10));
	state("reader of 10 bytes", p[0]);
	state("writer of 10 bytes", p[1]);
	CALL(write(p[1], b, sizeof b));
	state("writer of a full pipe", p[1]);
	CALL(write(p[1], b, 1));
	CALL(read(p[0], b, 100));
	state("writer, 100 bytes less", p[1]);
	CALL(read(p[0], b, 8000));
	state("writer, a page less", p[1]);
	close(p[1]);
	state("reader without a writer, with bytes", p[0]);
	while (read(p[0], b, sizeof b) > 0)
		;
	state("reader without a writer", p[0]);
	CALL(read(p[0], b, 10));
	close(p[0]);

	MUST(pipe(p));
	close(p[0]);
	state("writer without a reader", p[1]);
	CALL(write(p[1], b, 1));
	close(p[1]);

	puts("a wait that the other end ends");
	MUST(pipe(p));
	pid_t child = fork();
	if (child == 0) {
		close(p[0]);
		sleep_ms(40);
		exit(0);
	}
	close(p[1]);
	struct pollfd f = {p[0], POLLIN, 0};
	long long start = now();
	CALL(poll(&f, 1, 60000));
	took("poll", start, 40);
	printf("events: %x\n", f.revents);
	ended("child", child);
	return 0;
}
