// alarm and setitimer: once, periodic, the time left, the signal's default.
#include "calls.h"

static volatile sig_atomic_t count;
static void handler(int n) { count += n > 0; }

static void until(int n) {
	sigset_t none;
	sigemptyset(&none);
	while (count < n)
		sigsuspend(&none);
}

int main(void) {
	sigset_t alrm;
	sigemptyset(&alrm);
	sigaddset(&alrm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alrm, NULL); // only sigsuspend lets it in: no signal comes before the wait
	signal(SIGALRM, handler);
	CALL(alarm(1000));
	unsigned left = alarm(0);
	printf("left of 1000 s: %d\n", left <= 1000 && left >= 1000 - 1 - slack() / 1000);
	CALL(alarm(0));
	long long start = now();
	CALL(alarm(1));
	until(1);
	took("alarm", start, 1000);
	CALL(alarm(0));

	puts("periodic");
	struct itimerval set = {{0, 30000}, {0, 50000}}, old;
	start = now();
	CALL(setitimer(ITIMER_REAL, &set, NULL));
	until(2);
	took("the first", start, 50);
	until(5);
	took("the fourth", start, 50 + 3 * 30);
	CALL(getitimer(ITIMER_REAL, &old));
	printf("period %ld us, next within it: %d\n", (long)old.it_interval.tv_usec, old.it_value.tv_sec == 0 && old.it_value.tv_usec <= 30000);
	set = (struct itimerval){{0, 0}, {0, 0}};
	CALL(setitimer(ITIMER_REAL, &set, &old));
	printf("old period %ld us\n", (long)old.it_interval.tv_usec);
	CALL(getitimer(ITIMER_REAL, &old));
	printf("off: %ld %ld\n", (long)old.it_value.tv_sec, (long)old.it_value.tv_usec);

	puts("alarm replaces the timer");
	set = (struct itimerval){{0, 0}, {100, 500000}};
	CALL(setitimer(ITIMER_REAL, &set, NULL));
	left = alarm(0);
	printf("left: %d\n", left >= 100 - slack() / 1000 - 1 && left <= 101);
	CALL(ualarm(20000, 0));
	int before = count;
	start = now();
	until(before + 1);
	near("ualarm", (now() - start) / 1000, 20);
	set.it_value.tv_usec = 1000000;
	CALL(setitimer(ITIMER_REAL, &set, NULL));

	puts("a child has none; exec keeps it, and nobody handles it");
	CALL(alarm(100));
	pid_t child = fork();
	if (child == 0) {
		CALL(alarm(0));
		signal(SIGALRM, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, &alrm, NULL);
		CALL(setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 200000}}, NULL));
		execl("/bin/sleep", "sleep", "60", NULL);
		exit(1);
	}
	ended("child", child);
	return 0;
}
