// A program that eats memory.
#include "../calls/calls.h"

int main(void) {
	for (;;) {
		char *p = malloc(16 << 20);
		if (!p) {
			puts("no memory is left");
			return 1;
		}
		memset(p, 1, 16 << 20);
	}
}
