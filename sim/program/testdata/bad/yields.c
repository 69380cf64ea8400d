// Two threads of which one yields until the other has done something, late.
#include "../calls/calls.h"

static volatile int done;
static void *late(void *unused) {
	(void)unused;
	sleep_ms(30);
	done = 1;
	return NULL;
}

int main(void) {
	pthread_t t;
	pthread_create(&t, NULL, late, NULL);
	while (!done)
		sched_yield();
	puts("done");
	return 0;
}
