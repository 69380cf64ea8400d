// A program that sends signals to processes that are not of its machine.
#include "../calls/calls.h"

int main(void) {
	CALL(kill(1, SIGTERM));
	CALL(kill(getppid(), 0));
	CALL(kill(-1, SIGCONT));
	return 0;
}
