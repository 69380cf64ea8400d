// Threads and fork, of which only the caller lives on, and signals.
#include "calls.h"

static sigset_t m;
static void *stays(void *unused) {
	(void)unused;
	sleep_ms(60000);
	return NULL;
}

static void *takes_signal(void *unused) {
	(void)unused;
	int sig = 0;
	ERR(sigwait(&m, &sig));
	printf("SIG%s\n", sigabbrev_np(sig));
	return NULL;
}

static pthread_t handled_by;
static volatile sig_atomic_t handled;
static void handler(int n) {
	(void)n;
	handled_by = pthread_self();
	handled = 1;
}

static void *waits(void *unused) {
	(void)unused;
	struct timespec t = ms(50000);
	CALL(nanosleep(&t, NULL));
	return NULL;
}

int main(void) {
	pthread_t t, u;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &m, NULL);
	pthread_create(&t, NULL, stays, NULL);
	pid_t child = fork();
	if (child == 0) {
		printf("the only thread: %d\n", gettid() == getpid());
		exit(2);
	}
	ended("child", child);

	pthread_create(&u, NULL, takes_signal, NULL);
	kill(getpid(), SIGUSR1);
	ERR(pthread_join(u, NULL));
	pthread_create(&u, NULL, takes_signal, NULL);
	pthread_kill(u, SIGUSR1);
	ERR(pthread_join(u, NULL));

	struct sigaction a = {.sa_handler = handler};
	sigaction(SIGUSR2, &a, NULL);
	pthread_create(&u, NULL, waits, NULL);
	sleep_ms(100);
	while (!handled) {
		pthread_kill(u, SIGUSR2);
		sleep_ms(10);
	}
	pthread_join(u, NULL);
	printf("in the thread that was meant: %d\n", pthread_equal(u, handled_by));
	ERR(pthread_kill(pthread_self(), 0));
	ERR(pthread_kill(pthread_self(), 1000));

	return 0;
}
