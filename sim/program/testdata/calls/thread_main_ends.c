// The main thread ends before another, which ends the process with its own code.
#include "calls.h"

static pthread_t first;

static void *goes_on(void *unused) {
	(void)unused;
	ERR(pthread_join(first, NULL));
	puts("the main thread has ended");
	sleep_ms(30);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in a = v4("127.0.0.1", 0);
	CALL(bind(s, ADDR(a)));
	pid_t child = fork();
	if (child == 0)
		_exit(4);
	ended("child of a thread", child);
	exit(21);
}

int main(void) {
	pthread_t t;
	first = pthread_self();
	pthread_create(&t, NULL, goes_on, NULL);
	pthread_exit(NULL);
}
