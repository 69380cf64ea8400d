// Mutexes and condition variables, with and without a time limit.
#include "calls.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int turn, sum, waiting;

static void *counts(void *arg) {
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&m);
		sum += (int)(long)arg;
		pthread_mutex_unlock(&m);
	}
	return arg;
}

static void *plays(void *arg) {
	int me = (int)(long)arg;
	pthread_mutex_lock(&m);
	for (int i = 0; i < 3; i++) {
		while (turn != me)
			pthread_cond_wait(&c, &m);
		printf("turn of %d\n", me);
		turn = (turn + 1) % 3;
		pthread_cond_broadcast(&c);
	}
	pthread_mutex_unlock(&m);
	return NULL;
}

static void *wakes(void *unused) {
	(void)unused;
	sleep_ms(40);
	pthread_mutex_lock(&m);
	waiting = 0;
	pthread_cond_signal(&c);
	pthread_mutex_unlock(&m);
	return NULL;
}

static struct timespec soon(clockid_t clock, long n) {
	struct timespec t;
	clock_gettime(clock, &t);
	t.tv_sec += n / 1000;
	t.tv_nsec += n % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000)
		t.tv_sec++, t.tv_nsec -= 1000000000;
	return t;
}

int main(void) {
	pthread_t t[4];
	void *r;
	for (long i = 0; i < 4; i++)
		ERR(pthread_create(&t[i], NULL, counts, (void *)(i + 1)));
	for (int i = 0; i < 4; i++) {
		ERR(pthread_join(t[i], &r));
		printf("it returned %ld\n", (long)r);
	}
	printf("sum %d\n", sum);

	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, plays, (void *)i);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);

	puts("time limits");
	pthread_mutex_lock(&m);
	struct timespec until = soon(CLOCK_REALTIME, 30);
	long long start = now();
	ERR(pthread_cond_timedwait(&c, &m, &until));
	near("the wait", (now() - start) / 1000, 30);
	until = soon(CLOCK_MONOTONIC, 30);
	start = now();
	ERR(pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &until));
	near("the wait", (now() - start) / 1000, 30);
	until = soon(CLOCK_REALTIME, -1000);
	ERR(pthread_cond_timedwait(&c, &m, &until));
	waiting = 1;
	start = now();
	pthread_create(&t[0], NULL, wakes, NULL);
	until = soon(CLOCK_REALTIME, 60000);
	int e = 0;
	while (waiting && !e)
		e = pthread_cond_timedwait(&c, &m, &until);
	printf("woken: %s\n", failed(e));
	took("the wait", start, 40);
	pthread_mutex_unlock(&m);
	pthread_join(t[0], NULL);

	puts("kinds of mutexes");
	pthread_mutexattr_t a;
	pthread_mutex_t x;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&x, &a);
	ERR(pthread_mutex_unlock(&x));
	ERR(pthread_mutex_lock(&x));
	ERR(pthread_mutex_lock(&x));
	ERR(pthread_mutex_trylock(&x));
	until = soon(CLOCK_REALTIME, 20);
	ERR(pthread_mutex_timedlock(&m, &until));
	ERR(pthread_mutex_timedlock(&m, &until));
	return 0;
}
