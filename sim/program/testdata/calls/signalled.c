// Signals from outside (see calls_test.go for which): one that is handled, one that ends the program.
#include "calls.h"

static volatile sig_atomic_t count;
static void handler(int n) { count += n == SIGUSR1; }

int main(void) {
	signal(SIGUSR1, handler);
	long long start = now();
	while (count < 1)
		pause();
	near("the first signal", (now() - start) / 1000, 500);
	fprintf(stderr, "waiting\n");
	for (;;)
		pause();
}
