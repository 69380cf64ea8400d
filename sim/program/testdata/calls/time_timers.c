// POSIX timers: by signal, with a value, by sigwait, overruns, and none.
#include "calls.h"

static volatile sig_atomic_t value, code;
static void handler(int n, siginfo_t *i, void *context) {
	(void)n, (void)context;
	value = i->si_value.sival_int, code = i->si_code;
}

int main(void) {
	sigset_t m, none;
	sigemptyset(&none);
	sigemptyset(&m);
	sigaddset(&m, SIGRTMIN);
	sigaddset(&m, SIGALRM);
	sigaddset(&m, SIGUSR1);
	sigprocmask(SIG_BLOCK, &m, NULL);
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigaction(SIGRTMIN, &a, NULL);

	timer_t t, u;
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value = {.sival_int = 77}};
	CALL(timer_create(CLOCK_MONOTONIC, &e, &t));
	struct itimerspec s = {ms(0), ms(40)}, got;
	long long start = now();
	CALL(timer_settime(t, 0, &s, NULL));
	CALL(sigsuspend(&none));
	took("the signal", start, 40);
	printf("value %d, code of a timer %d\n", (int)value, code == SI_TIMER);
	CALL(timer_getoverrun(t));
	CALL(timer_gettime(t, &got));
	printf("left %ld %ld\n", got.it_value.tv_sec, got.it_value.tv_nsec);

	puts("periodic, collected with sigwaitinfo");
	e = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 5}};
	CALL(timer_create(CLOCK_REALTIME, &e, &u));
	s = (struct itimerspec){ms(20), ms(20)};
	start = now();
	CALL(timer_settime(u, 0, &s, NULL));
	siginfo_t i;
	for (int n = 0; n < 3; n++) {
		int sig = sigwaitinfo(&m, &i);
		printf("SIG%s, value %d\n", sigabbrev_np(sig), i.si_value.sival_int);
	}
	printf("not too early: %d\n", now() - start >= 60000000);
	start = now();
	while (now() - start < 300000000)
		sleep_ms(20);
	sigwaitinfo(&m, &i);
	printf("overruns: %d\n", i.si_overrun >= 8);
	CALL(timer_delete(u));
	CALL(timer_delete(u));

	puts("absolute, and the signal of the default");
	CALL(timer_create(CLOCK_MONOTONIC, NULL, &u));
	start = now();
	s = (struct itimerspec){ms(0), {(start + 30000000) / 1000000000, (start + 30000000) % 1000000000}};
	CALL(timer_settime(u, TIMER_ABSTIME, &s, NULL));
	printf("SIG%s\n", sigabbrev_np(sigwaitinfo(&m, &i)));
	took("absolute", start, 30);
	e = (struct sigevent){.sigev_notify = SIGEV_NONE};
	CALL(timer_create(CLOCK_MONOTONIC, &e, &u));
	s = (struct itimerspec){ms(0), ms(5000)};
	CALL(timer_settime(u, 0, &s, NULL));
	CALL(timer_gettime(u, &got));
	near("left", got.it_value.tv_sec * 1000000 + got.it_value.tv_nsec / 1000, 5000);

	puts("errors");
	CALL(timer_create(1234, NULL, &u));
	s.it_value.tv_nsec = -1;
	CALL(timer_settime(t, 0, &s, NULL));
	e = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 1000};
	CALL(timer_create(CLOCK_MONOTONIC, &e, &u));
	return 0;
}
