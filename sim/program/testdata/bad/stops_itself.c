// A program that stops itself.
#include "../calls/calls.h"

int main(void) {
	raise(SIGSTOP);
	return 0;
}
