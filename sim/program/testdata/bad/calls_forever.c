// A program that makes the same call for ever, without waiting.
#include "../calls/calls.h"

int main(void) {
	for (;;)
		getppid();
}
