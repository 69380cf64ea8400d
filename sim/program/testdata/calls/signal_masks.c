// Blocked and pending signals, sigsuspend, sigwait and its kin, SIGCHLD.
#include "calls.h"

static volatile sig_atomic_t got[65], order, childs;
static void notes(int n) { got[n] = ++order; }
static void reaps(int n) {
	int e = errno;
	(void)n;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		childs++;
	errno = e;
}

int main(void) {
	sigset_t m, none, now_blocked, pending;
	sigemptyset(&none);
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	sigaddset(&m, SIGUSR2);
	sigaddset(&m, SIGRTMIN);
	signal(SIGUSR1, notes);
	signal(SIGUSR2, notes);
	CALL(sigprocmask(SIG_BLOCK, &m, NULL));
	CALL(sigprocmask(SIG_SETMASK, NULL, &now_blocked));
	printf("blocked %d %d %d\n", sigismember(&now_blocked, SIGUSR1), sigismember(&now_blocked, SIGUSR2), sigismember(&now_blocked, SIGTERM));
	raise(SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR1);
	CALL(sigpending(&pending));
	printf("pending %d %d %d, handled %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2), sigismember(&pending, SIGTERM), (int)order);
	CALL(sigsuspend(&none));
	printf("handled %d: both\n", (int)order);
	CALL(sigpending(&pending));
	printf("pending %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2));

	puts("pause in a child, which blocks nothing");
	int p[2];
	MUST(pipe(p));
	pid_t c = fork();
	if (c == 0) {
		close(p[1]);
		sigdelset(&none, SIGUSR1);
		CALL(sigsuspend(&none));
		_exit(got[SIGUSR1] > 0);
	}
	sleep_ms(30);
	kill(c, SIGUSR1);
	ended("child", c);

	puts("sigwait and its kin");
	int sig = 0;
	siginfo_t i = {0};
	raise(SIGUSR1);
	ERR(sigwait(&m, &sig));
	printf("SIG%s\n", sigabbrev_np(sig));
	union sigval v = {.sival_int = 42};
	CALL(sigqueue(getpid(), SIGRTMIN, v));
	v.sival_int = 43;
	CALL(sigqueue(getpid(), SIGRTMIN, v));
	CALL(sigwaitinfo(&m, &i) == SIGRTMIN);
	printf("value %d, code %d\n", i.si_value.sival_int, i.si_code);
	CALL(sigwaitinfo(&m, &i) == SIGRTMIN);
	printf("value %d: real-time signals queue\n", i.si_value.sival_int);
	struct timespec t = ms(40);
	long long start = now();
	CALL(sigtimedwait(&m, &i, &t));
	took("sigtimedwait", start, 40);
	t = ms(0);
	CALL(sigtimedwait(&m, &i, &t));
	c = fork();
	if (c == 0) {
		sleep_ms(50);
		kill(getppid(), SIGUSR2);
		_exit(0);
	}
	start = now();
	t = ms(50000);
	CALL(sigtimedwait(&m, &i, &t) == SIGUSR2);
	printf("from the child: %d\n", i.si_pid == c);
	near("the wait", (now() - start) / 1000, 50);
	ended("child", c);

	puts("SIGCHLD");
	signal(SIGCHLD, reaps);
	sigset_t chld;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	for (int k = 0; k < 3; k++)
		if (fork() == 0) {
			sleep_ms(20 * k);
			_exit(k);
		}
	sigprocmask(SIG_SETMASK, NULL, &now_blocked);
	sigdelset(&now_blocked, SIGCHLD);
	while (childs < 3)
		sigsuspend(&now_blocked);
	printf("children %d\n", (int)childs);
	CALL(wait(NULL));
	puts("ignored, children leave no zombie");
	signal(SIGCHLD, SIG_IGN);
	start = now();
	c = fork();
	if (c == 0) {
		sleep_ms(40);
		_exit(0);
	}
	CALL(waitpid(c, NULL, 0));
	near("the wait", (now() - start) / 1000, 40);
	return 0;
}
