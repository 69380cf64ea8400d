// sigaction: restarting, masks, one-shot, siginfo, ignoring, nested handlers.
#include "calls.h"

static volatile sig_atomic_t count, code, from, depth, deepest, raised;
static void counts(int n) { (void)n, count++; }
static void informed(int n, siginfo_t *i, void *context) {
	(void)n, (void)context;
	code = i->si_code, from = i->si_pid == getpid();
}
static void nested(int n) {
	if (++depth > deepest)
		deepest = depth;
	if (n == SIGUSR1 && raised++ < 3)
		raise(SIGUSR1);
	if (n == SIGUSR1)
		raise(SIGUSR2);
	depth--;
}

static int p[2];
static void *feeds(void *unused) {
	(void)unused;
	while (count == 0)
		sleep_ms(10);
	sleep_ms(50);
	write(p[1], "x", 1);
	return NULL;
}

static void action(int sig, void (*f)(int), int flags) {
	struct sigaction a = {.sa_handler = f, .sa_flags = flags};
	MUST(sigaction(sig, &a, NULL));
}

int main(void) {
	no_core();
	struct sigaction old;
	MUST(pipe(p));
	action(SIGUSR1, counts, 0);
	CALL(sigaction(SIGUSR1, NULL, &old));
	printf("the handler is set: %d\n", old.sa_handler == counts);
	CALL(raise(SIGUSR1));
	CALL(kill(getpid(), SIGUSR1));
	printf("count %d\n", (int)count);

	puts("a read that a signal comes into");
	for (int restart = 0; restart < 2; restart++) {
		action(SIGALRM, counts, restart ? SA_RESTART : 0);
		pthread_t t;
		sigset_t m;
		sigemptyset(&m);
		sigaddset(&m, SIGALRM);
		pthread_sigmask(SIG_BLOCK, &m, NULL); // the thread leaves the signal to main
		count = 0;
		if (restart)
			pthread_create(&t, NULL, feeds, NULL);
		pthread_sigmask(SIG_UNBLOCK, &m, NULL);
		setitimer(ITIMER_REAL, &(struct itimerval){{0, 50000}, {0, 50000}}, NULL);
		char x;
		CALL(read(p[0], &x, 1));
		setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
		if (restart)
			pthread_join(t, NULL);
	}

	puts("one shot, with information");
	struct sigaction a = {.sa_sigaction = informed, .sa_flags = SA_SIGINFO | SA_RESETHAND};
	sigaction(SIGTERM, &a, NULL);
	CALL(kill(getpid(), SIGTERM));
	printf("code %d, from this process %d\n", (int)code, (int)from);
	sigaction(SIGTERM, NULL, &old);
	printf("the default again: %d\n", old.sa_handler == SIG_DFL);
	sigaction(SIGINT, &(struct sigaction){.sa_sigaction = informed, .sa_flags = SA_SIGINFO}, NULL);
	union sigval v = {.sival_int = 4};
	CALL(sigqueue(getpid(), SIGINT, v));
	printf("code %d\n", (int)code);
	CALL(raise(SIGINT));
	printf("code %d\n", (int)code);

	puts("nesting");
	action(SIGUSR1, nested, 0);
	action(SIGUSR2, nested, 0);
	raise(SIGUSR1);
	printf("deepest, blocked in its own handler: %d\n", (int)deepest);
	deepest = raised = 0;
	action(SIGUSR1, nested, SA_NODEFER);
	raise(SIGUSR1);
	printf("deepest, with SA_NODEFER: %d\n", (int)deepest);

	puts("ignored");
	signal(SIGUSR1, SIG_IGN);
	CALL(raise(SIGUSR1));
	CALL(sigaction(SIGKILL, &a, NULL));
	CALL(sigaction(SIGSTOP, &a, NULL));
	CALL(sigaction(1000, &a, NULL));
	CALL(sigaction(SIGKILL, NULL, &old));
	signal(SIGTERM, SIG_DFL);
	CALL(kill(getpid(), SIGTERM));
	puts("not reached");
	return 0;
}
