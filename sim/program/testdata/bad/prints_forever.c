// A program that prints for ever.
#include "../calls/calls.h"

int main(void) {
	for (;;)
		puts("a line that comes again and again");
}
