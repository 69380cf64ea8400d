// A program that writes without ever ending a line.
#include "../calls/calls.h"

int main(void) {
	static char b[65536];
	memset(b, 'x', sizeof b);
	for (;;)
		write(1, b, sizeof b);
}
