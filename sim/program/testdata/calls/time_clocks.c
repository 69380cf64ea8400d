// Clocks: they agree with each other, and never go back.
#include "calls.h"

static long long get(clockid_t c) {
	struct timespec t;
	if (clock_gettime(c, &t) == -1) {
		printf("clock %d: %s\n", (int)c, strerrorname_np(errno));
		return 0;
	}
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void) {
	clockid_t all[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_TAI,
		CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
		long long a = get(all[i]), b = get(all[i]), before = now(), c;
		sleep_ms(20);
		c = get(all[i]);
		printf("clock %d goes on: %d", (int)all[i], a <= b && b <= c);
		if (i < 7)
			printf(", by as much as the others: %d", c - b >= 12000000 && c - b <= now() - before + 20000000);
		puts("");
	}
	struct timeval tv;
	CALL(gettimeofday(&tv, NULL));
	long long wall = get(CLOCK_REALTIME) / 1000 - (tv.tv_sec * 1000000LL + tv.tv_usec);
	near("gettimeofday and the wall clock: the difference", wall, 0);
	time_t t = 0;
	printf("time and its argument are equal: %d\n", time(&t) == t);
	long apart = get(CLOCK_REALTIME) / 1000000000 - t;
	printf("time is the wall clock's: %d\n", apart >= 0 && apart <= slack() / 1000 + 1);
	printf("a year between 2020 and 2100: %d\n", t > 1577836800 && t < 4102444800);
	printf("up for a while, but not for ever: %d\n", get(CLOCK_MONOTONIC) > 0 && get(CLOCK_MONOTONIC) < get(CLOCK_REALTIME));

	struct timespec r;
	CALL(clock_getres(CLOCK_MONOTONIC, &r));
	printf("resolution %ld\n", r.tv_nsec);
	CALL(clock_getres(CLOCK_REALTIME, NULL));
	CALL(clock_getres(1234, &r));
	CALL(clock_gettime(1234, &r));
	CALL(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8L));
	CALL(syscall(SYS_gettimeofday, NULL, NULL));
	clock_t c = clock();
	printf("clock: %d\n", c >= 0);
	for (int i = 0; i < 5000; i++)
		if (get(CLOCK_MONOTONIC) > get(CLOCK_MONOTONIC))
			puts("time went back");
	return 0;
}
