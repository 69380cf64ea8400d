// timerfd: one shot, periodic, absolute; what gettime says; with poll.
#include "calls.h"
#include <sys/timerfd.h>

static struct itimerspec after(long first, long every) { return (struct itimerspec){ms(every), ms(first)}; }

int main(void) {
	uint64_t n = 0;
	struct itimerspec set, old, got;
	int t = MUST(timerfd_create(CLOCK_MONOTONIC, 0));
	CALL(timerfd_gettime(t, &got));
	printf("disarmed: %ld %ld\n", got.it_value.tv_sec, got.it_value.tv_nsec);
	set = after(40, 0);
	long long start = now();
	CALL(timerfd_settime(t, 0, &set, NULL));
	CALL(read(t, &n, 8));
	took("read", start, 40);
	printf("expirations %d\n", (int)n);
	CALL(timerfd_gettime(t, &got));
	printf("afterwards: %ld %ld\n", got.it_value.tv_sec, got.it_value.tv_nsec);

	puts("periodic");
	set = after(20, 30);
	start = now();
	CALL(timerfd_settime(t, 0, &set, NULL));
	CALL(read(t, &n, 8));
	printf("at least one: %d\n", n >= 1);
	uint64_t first = n;
	while (now() - start < 200000000)
		sleep_ms(10);
	CALL(read(t, &n, 8));
	printf("at least five in all: %d\n", first + n >= 5);
	CALL(timerfd_gettime(t, &got));
	printf("period %ld, next within it: %d\n", got.it_interval.tv_nsec, got.it_value.tv_sec == 0 && got.it_value.tv_nsec <= 30000000);
	set = after(0, 0);
	CALL(timerfd_settime(t, 0, &set, &old));
	printf("old period %ld\n", old.it_interval.tv_nsec);

	puts("absolute");
	long long at = now() + 50000000;
	set = (struct itimerspec){{0, 0}, {at / 1000000000, at % 1000000000}};
	start = now();
	CALL(timerfd_settime(t, TFD_TIMER_ABSTIME, &set, NULL));
	CALL(read(t, &n, 8));
	printf("not before its time: %d\n", now() >= at);
	set = (struct itimerspec){{0, 0}, {1, 0}};
	CALL(timerfd_settime(t, TFD_TIMER_ABSTIME, &set, NULL));
	CALL(readable(t, 1000));
	CALL(read(t, &n, 8));
	printf("long ago: %d\n", (int)n);
	int r = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	struct timespec wall;
	clock_gettime(CLOCK_REALTIME, &wall);
	set = (struct itimerspec){{0, 0}, {wall.tv_sec + 3600, 0}};
	CALL(timerfd_settime(r, TFD_TIMER_ABSTIME, &set, NULL));
	CALL(timerfd_gettime(r, &got));
	printf("left of an hour: %d\n", got.it_value.tv_sec > 3590 && got.it_value.tv_sec <= 3600);
	CALL(read(r, &n, 8));

	puts("poll waits for it; setting it again forgets what was");
	set = after(30, 0);
	start = now();
	CALL(timerfd_settime(t, 0, &set, NULL));
	CALL(readable(t, 20000));
	took("poll", start, 30);
	set = after(5000, 0);
	CALL(timerfd_settime(t, 0, &set, NULL));
	CALL(readable(t, 0));

	puts("errors");
	CALL(timerfd_create(12345, 0));
	CALL(timerfd_create(CLOCK_MONOTONIC, 12345));
	CALL(timerfd_settime(0, 0, &set, NULL));
	CALL(timerfd_settime(99, 0, &set, NULL));
	set.it_value.tv_nsec = 1000000000;
	CALL(timerfd_settime(t, 0, &set, NULL));
	CALL(timerfd_settime(t, 0, (void *)8, NULL));
	CALL(read(t, &n, 4));
	CALL(write(t, &n, 8));
	return 0;
}
