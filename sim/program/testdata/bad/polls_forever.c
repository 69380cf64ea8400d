// A program that asks a socket for ever, without waiting.
#include "../calls/calls.h"

int main(void) {
	struct sockaddr_in a;
	int s = bound(&a);
	char b[8];
	for (;;)
		recv(s, b, sizeof b, MSG_DONTWAIT);
}
