// A program that ends while a child of it goes on, which stays for ever.
#include "../calls/calls.h"

int main(void) {
	if (fork() == 0)
		for (;;)
			pause();
	puts("the parent ends");
	return 0;
}
