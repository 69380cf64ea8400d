// A program that makes a system call of 32 bits, which has other numbers.
#include "../calls/calls.h"

int main(void) {
	long r;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory"); // getpid
	printf("positive: %d\n", r > 0);
	return 0;
}
