// A program that uses asynchronous input and output of the kernel.
#include "../calls/calls.h"

int main(void) {
	unsigned long context = 0;
	CALL(syscall(SYS_io_setup, 4, &context));
	CALL(syscall(SYS_io_submit, context, 0L, NULL));
	return 0;
}
