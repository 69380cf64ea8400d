// A program that reads the clock until some time has passed, which it does only if reading takes time.
#include "../calls/calls.h"

int main(void) {
	long long start = now();
	while (now() - start < 50000000)
		;
	took("spinning", start, 50);
	return 0;
}
