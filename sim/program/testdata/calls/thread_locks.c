// Barriers, read-write locks, semaphores, once, spin locks.
#include "calls.h"
#include <semaphore.h>

static pthread_barrier_t barrier;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;
static sem_t s;
static int arrived, last, spun;

static void first(void) { puts("once"); }

static void *meets(void *unused) {
	(void)unused;
	pthread_once(&once, first);
	for (int i = 0; i < 3; i++) {
		__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&last, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < 4 * (i + 1))
			puts("a barrier lets somebody through too early");
		pthread_barrier_wait(&barrier);
	}
	for (int i = 0; i < 100; i++) {
		pthread_spin_lock(&spin);
		spun++;
		pthread_spin_unlock(&spin);
	}
	return NULL;
}

static void *writes(void *unused) {
	(void)unused;
	ERR(pthread_rwlock_tryrdlock(&rw));
	ERR(pthread_rwlock_unlock(&rw));
	ERR(pthread_rwlock_trywrlock(&rw));
	sem_post(&s);
	pthread_rwlock_wrlock(&rw);
	puts("the writer has it");
	pthread_rwlock_unlock(&rw);
	return NULL;
}

int main(void) {
	pthread_t t[4];
	ERR(pthread_barrier_init(&barrier, NULL, 4));
	pthread_spin_init(&spin, 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, meets, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("arrived %d, chosen %d, spun %d\n", arrived, last, spun);

	CALL(sem_init(&s, 0, 0));
	CALL(sem_trywait(&s));
	ERR(pthread_rwlock_rdlock(&rw));
	pthread_create(&t[0], NULL, writes, NULL);
	sem_wait(&s);
	sleep_ms(50);
	puts("the reader lets go");
	int e = pthread_rwlock_unlock(&rw);
	pthread_join(t[0], NULL);
	ERR(e);

	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1;
	long long start = now();
	CALL(sem_timedwait(&s, &until));
	near("sem_timedwait", (now() - start) / 1000, 1000);
	CALL(sem_post(&s));
	CALL(sem_post(&s));
	int v = -1;
	CALL(sem_getvalue(&s, &v));
	printf("value %d\n", v);
	CALL(sem_wait(&s));
	CALL(sem_trywait(&s));
	CALL(sem_trywait(&s));
	return 0;
}
