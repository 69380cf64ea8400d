// Stopping and continuing a process.
#include "../calls/calls.h"

int main(void) {
	int status;
	pid_t p = fork();
	if (p == 0) {
		sleep_ms(500);
		_exit(6);
	}
	CALL(kill(p, SIGSTOP));
	CALL(waitpid(p, &status, WUNTRACED) == p);
	printf("stopped: %d by SIG%s\n", WIFSTOPPED(status), sigabbrev_np(WSTOPSIG(status)));
	CALL(kill(p, SIGCONT));
	CALL(waitpid(p, &status, WCONTINUED) == p);
	printf("continued: %d\n", WIFCONTINUED(status));
	ended("afterwards", p);
	return 0;
}
