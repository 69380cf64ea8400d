// A program that traces another.
#include "../calls/calls.h"
#include <sys/ptrace.h>

int main(void) {
	pid_t p = fork();
	if (p == 0) {
		CALL(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(p, NULL, 0);
	return 0;
}
