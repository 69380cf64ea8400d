// Sleeps, relative and absolute, on several clocks.
#include "calls.h"

int main(void) {
	struct timespec t = ms(30), left = {7, 7};
	long long start = now();
	CALL(nanosleep(&t, &left));
	took("nanosleep", start, 30);
	printf("the rest is untouched: %d\n", left.tv_sec == 7 && left.tv_nsec == 7);
	start = now();
	CALL(usleep(20000));
	took("usleep", start, 20);
	start = now();
	CALL(sleep(1));
	took("sleep", start, 1000);
	t = ms(0);
	CALL(nanosleep(&t, NULL));
	t.tv_nsec = 1;
	CALL(nanosleep(&t, NULL));

	start = now();
	t = ms(25);
	ERR(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL));
	took("clock_nanosleep", start, 25);
	start = now();
	ERR(clock_nanosleep(CLOCK_REALTIME, 0, &t, NULL));
	took("clock_nanosleep of the wall clock", start, 25);
	start = now();
	t = (struct timespec){(start + 40000000) / 1000000000, (start + 40000000) % 1000000000};
	ERR(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
	took("absolute", start, 40);
	start = now();
	ERR(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
	took("absolute, in the past", start, 0);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 40000000;
	if (t.tv_nsec >= 1000000000)
		t.tv_sec++, t.tv_nsec -= 1000000000;
	start = now();
	ERR(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL));
	near("absolute, of the wall clock", (now() - start) / 1000, 40);
	clock_gettime(CLOCK_BOOTTIME, &t);
	t.tv_sec++;
	start = now();
	ERR(clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL));
	near("absolute, since the start of the machine", (now() - start) / 1000, 1000);

	puts("errors");
	t = (struct timespec){0, 1000000000};
	CALL(nanosleep(&t, NULL));
	ERR(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL));
	t = (struct timespec){-1, 0};
	CALL(nanosleep(&t, NULL));
	t = ms(1);
	ERR(clock_nanosleep(1234, 0, &t, NULL));
	CALL(syscall(SYS_nanosleep, 8L, NULL));
	return 0;
}
