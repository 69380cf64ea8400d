// A program that sends without end, without waiting.
#include "../calls/calls.h"

int main(void) {
	struct sockaddr_in a;
	int s = bound(&a);
	for (;;)
		sendto(s, "x", 1, 0, ADDR(a));
}
