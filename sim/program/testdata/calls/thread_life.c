// Threads: their own variables, names, numbers, ends; detached ones; cancelling.
#include "calls.h"
#include <semaphore.h>
#include <sys/prctl.h>

static __thread int own = 5;
static pthread_key_t key;
static sem_t done;
static void clean(void *v) { printf("value %ld is cleaned up\n", (long)v); }

static void *lives(void *arg) {
	char name[16] = "";
	own += (int)(long)arg;
	pthread_setspecific(key, arg);
	pthread_setname_np(pthread_self(), "worker");
	prctl(PR_GET_NAME, name);
	printf("own %d, name %s, another thread %d, the same process %d\n", own, name, gettid() != getpid(), getpid() == getpgid(0) || getpid() > 1);
	return (void *)(long)gettid();
}

static void *detached(void *unused) {
	(void)unused;
	puts("a thread that is detached");
	sem_post(&done);
	return NULL;
}

static void *stays(void *unused) {
	(void)unused;
	pthread_cleanup_push(clean, (void *)9L);
	sem_post(&done);
	sleep_ms(60000);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *quits(void *unused) {
	(void)unused;
	pthread_exit((void *)11L);
}

int main(void) {
	char name[16] = "";
	pthread_t t;
	void *r;
	printf("main: own %d, its number is the process's: %d\n", own, gettid() == getpid());
	pthread_getname_np(pthread_self(), name, sizeof name);
	printf("named after the program: %d\n", strncmp(name, program_invocation_short_name, 15) == 0);
	pthread_key_create(&key, clean);
	long first = 0;
	for (long i = 1; i <= 3; i++) {
		pthread_create(&t, NULL, lives, (void *)i);
		ERR(pthread_join(t, &r));
		printf("another number: %d\n", (long)r != first && (long)r != getpid());
		first = (long)r;
	}
	printf("main: own %d\n", own);

	pthread_attr_t a;
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	sem_init(&done, 0, 0);
	pthread_create(&t, &a, detached, NULL);
	sem_wait(&done);

	pthread_create(&t, NULL, stays, NULL);
	sem_wait(&done);
	ERR(pthread_tryjoin_np(t, &r));
	int e = pthread_cancel(t);
	ERR(pthread_join(t, &r));
	ERR(e);
	printf("cancelled: %d\n", r == PTHREAD_CANCELED);
	pthread_create(&t, NULL, quits, NULL);
	pthread_join(t, &r);
	printf("it left with %ld\n", (long)r);
	pthread_create(&t, NULL, stays, NULL);
	sem_wait(&done);
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec = 0;
	ERR(pthread_timedjoin_np(t, &r, &until));
	puts("main ends, and with it the thread that stays");
	return 3;
}
