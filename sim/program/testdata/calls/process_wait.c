// fork and the ways to wait: exit codes, signals that kill, WNOHANG, waitid, groups.
#include "calls.h"

static pid_t child_of(int code, long after) {
	pid_t p = MUST(fork());
	if (p == 0) {
		sleep_ms(after);
		_exit(code);
	}
	return p;
}

static pid_t killed_by(int sig) {
	pid_t p = MUST(fork());
	if (p == 0) {
		raise(sig);
		_exit(99);
	}
	return p;
}

int main(void) {
	no_core();
	int status = 77;
	CALL(wait(&status));
	CALL(waitpid(-1, &status, WNOHANG));
	ended("code 0", child_of(0, 0));
	ended("code 3", child_of(3, 0));
	ended("code 255", child_of(255, 20));
	ended("code 256", child_of(256, 0));
	int fatal[] = {SIGKILL, SIGTERM, SIGSEGV, SIGABRT, SIGFPE, SIGPIPE, SIGUSR1, SIGALRM, SIGINT, SIGHUP, SIGRTMIN + 3};
	for (unsigned i = 0; i < sizeof fatal / sizeof *fatal; i++) {
		pid_t p = killed_by(fatal[i]);
		waitpid(p, &status, 0);
		printf("signal %d: %d %d\n", fatal[i], WIFSIGNALED(status), WTERMSIG(status));
	}
	pid_t p = fork();
	if (p == 0) {
		*(volatile int *)8 = 1;
		_exit(0);
	}
	ended("a fault", p);
	p = fork();
	if (p == 0)
		abort();
	ended("abort", p);
	ended("a signal whose default is nothing", killed_by(SIGURG));

	puts("without waiting");
	p = child_of(4, 400);
	CALL(waitpid(p, &status, WNOHANG));
	long long start = now();
	CALL(waitpid(p, &status, 0) == p);
	near("the wait", (now() - start) / 1000, 400);
	CALL(waitpid(p, &status, 0));

	puts("any child, in the order in which they end");
	pid_t a = child_of(1, 1000), b = child_of(2, 10);
	printf("the quick one: %d\n", wait(&status) == b && WEXITSTATUS(status) == 2);
	printf("the slow one: %d\n", wait(NULL) == a);

	puts("waitid");
	siginfo_t i = {0};
	p = child_of(9, 0);
	CALL(waitid(P_PID, p, &i, WEXITED | WNOWAIT));
	printf("code %d status %d signal %d, the child %d\n", i.si_code == CLD_EXITED, i.si_status, i.si_signo == SIGCHLD, i.si_pid == p);
	CALL(waitid(P_ALL, 0, &i, WEXITED));
	CALL(waitid(P_ALL, 0, &i, WEXITED));
	CALL(waitid(P_PID, p, &i, 0));
	p = killed_by(SIGKILL);
	CALL(waitid(P_PID, p, &i, WEXITED));
	printf("code %d status %d\n", i.si_code == CLD_KILLED, i.si_status);
	p = child_of(0, 1000);
	memset(&i, 7, sizeof i);
	CALL(waitid(P_PID, p, &i, WEXITED | WNOHANG));
	printf("no child yet: %d %d\n", i.si_pid, i.si_signo);
	CALL(kill(p, SIGKILL));
	ended("killed", p);

	puts("errors");
	CALL(waitpid(1, &status, 0));
	CALL(waitpid(getpid(), &status, WNOHANG));
	CALL(waitpid(-1, &status, 12345));
	p = child_of(0, 0);
	waitid(P_PID, p, &i, WEXITED | WNOWAIT);
	CALL(kill(p, 0));
	CALL(kill(p, SIGKILL));
	ended("a zombie is not killed", p);
	CALL(kill(p, 0));
	return 0;
}
