// Standard input that arrives bit by bit (see calls_test.go for what), and ends.
#include "calls.h"

int main(void) {
	char b[64] = "";
	int n;
	struct pollfd p = {0, POLLIN, 0};
	CALL(isatty(0));
	CALL(poll(&p, 1, 0) > 0 && p.revents & POLLHUP);
	CALL(read(0, b, 6));
	printf("\"%s\"\n", b);
	CALL(ioctl(0, FIONREAD, &n));
	printf("there are %d more\n", n);
	memset(b, 0, sizeof b);
	CALL(read(0, b, sizeof b));
	printf("\"%s\"\n", b);
	CALL(poll(&p, 1, -1));
	memset(b, 0, sizeof b);
	CALL(read(0, b, sizeof b));
	printf("\"%s\"\n", b);

	puts("the rest goes to a child");
	pid_t c = fork();
	if (c == 0) {
		execlp("sh", "sh", "-c", "read first; echo \"got $first\"; cat; echo \"the end: $?\"", NULL);
		_exit(127);
	}
	ended("child", c);
	CALL(read(0, b, sizeof b));
	CALL(poll(&p, 1, 1000));
	printf("events %x\n", p.revents);
	return 0;
}
