// A program that tries io_uring first, as some do, and goes on without.
#include "../calls/calls.h"

int main(void) {
	char parameters[120] = "";
	CALL(syscall(SYS_io_uring_setup, 4, parameters));
	return 0;
}
