// signalfd.
#include "../calls/calls.h"
#include <sys/signalfd.h>

static void take(int f) {
	struct signalfd_siginfo i = {0};
	ssize_t n = read(f, &i, sizeof i);
	if (n == -1)
		printf("read: -1 %s\n", strerrorname_np(errno));
	else
		printf("read: %zd bytes, SIG%s, code %d, of this process %d\n", n, sigabbrev_np(i.ssi_signo), i.ssi_code, i.ssi_pid == (unsigned)getpid());
}

int main(void) {
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	sigaddset(&m, SIGUSR2);
	sigaddset(&m, SIGCHLD);
	sigprocmask(SIG_BLOCK, &m, NULL);
	int f = MUST(signalfd(-1, &m, SFD_NONBLOCK | SFD_CLOEXEC));
	take(f);
	CALL(readable(f, 0));
	CALL(kill(getpid(), SIGUSR2));
	CALL(kill(getpid(), SIGUSR1));
	CALL(kill(getpid(), SIGUSR1));
	CALL(readable(f, 1000));
	take(f);
	take(f);
	take(f);

	CALL(fcntl(f, F_SETFL, 0));
	pid_t child = fork();
	if (child == 0) {
		sleep_ms(30);
		exit(5);
	}
	struct signalfd_siginfo i;
	CALL(read(f, &i, sizeof i));
	printf("SIG%s, code %d, of the child %d, status %d\n", sigabbrev_np(i.ssi_signo), i.ssi_code, i.ssi_pid == (unsigned)child, i.ssi_status);
	ended("child", child);

	puts("another mask");
	sigdelset(&m, SIGUSR1);
	CALL(signalfd(f, &m, 0) == f);
	CALL(fcntl(f, F_SETFL, O_NONBLOCK));
	CALL(raise(SIGUSR1));
	take(f);
	CALL(raise(SIGUSR2));
	take(f);
	CALL(read(f, &i, 10));
	CALL(signalfd(0, &m, 0));
	CALL(signalfd(-1, &m, 12345));
	return 0;
}
