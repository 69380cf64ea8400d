// eventfd.
#include "calls.h"
#include <sys/eventfd.h>

static int e;
static void *later(void *unused) {
	(void)unused;
	sleep_ms(40);
	eventfd_write(e, 5);
	return NULL;
}

int main(void) {
	uint64_t v = 77;
	e = MUST(eventfd(3, 0));
	CALL(read(e, &v, sizeof v));
	printf("value %d\n", (int)v);
	pthread_t t;
	long long start = now();
	pthread_create(&t, NULL, later, NULL);
	CALL(read(e, &v, sizeof v));
	took("read", start, 40);
	printf("value %d\n", (int)v);
	pthread_join(t, NULL);

	puts("counts add up");
	CALL(write(e, &(uint64_t){7}, 8));
	CALL(write(e, &(uint64_t){4}, 8));
	CALL(write(e, &(uint64_t){0}, 8));
	CALL(read(e, &v, sizeof v));
	printf("value %d\n", (int)v);
	CALL(fcntl(e, F_SETFL, O_NONBLOCK));
	CALL(read(e, &v, sizeof v));
	CALL(readable(e, 0));
	CALL(write(e, &(uint64_t){UINT64_MAX}, 8));
	CALL(write(e, &(uint64_t){UINT64_MAX - 1}, 8));
	CALL(write(e, &(uint64_t){1}, 8));
	struct pollfd p = {e, POLLIN | POLLOUT, 0};
	CALL(poll(&p, 1, 0));
	printf("events %x\n", p.revents);
	CALL(read(e, &v, 4));
	CALL(write(e, &v, 4));
	CALL(read(e, &v, 16 > sizeof v ? sizeof v : 16));
	CALL(poll(&p, 1, 0));
	printf("events %x\n", p.revents);

	puts("as a semaphore");
	int s = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
	for (int i = 0; i < 3; i++)
		CALL(read(s, &v, 8));
	printf("value %d\n", (int)v);
	CALL(fcntl(s, F_GETFL));
	CALL(fcntl(s, F_GETFD));
	CALL(eventfd(0, 12345));

	puts("across fork");
	int f = eventfd(0, 0);
	pid_t child = fork();
	if (child == 0) {
		sleep_ms(20);
		eventfd_write(f, 9);
		exit(0);
	}
	CALL(read(f, &v, 8));
	printf("value %d\n", (int)v);
	ended("child", child);
	return 0;
}
