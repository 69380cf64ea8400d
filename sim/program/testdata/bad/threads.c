// A program that starts threads without end.
#include "../calls/calls.h"

static void *stays(void *unused) {
	pause();
	return unused;
}

int main(void) {
	pthread_t t;
	for (;;)
		if (pthread_create(&t, NULL, stays, NULL))
			perror("pthread_create");
}
