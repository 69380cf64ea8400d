// A server that binds its port and never sends.
#include "../calls/calls.h"

int main(void) {
	struct sockaddr_in a = v4("0.0.0.0", 4433);
	int s = MUST(socket(AF_INET, SOCK_DGRAM, 0));
	char b[2000];
	MUST(bind(s, ADDR(a)));
	for (;;)
		recv(s, b, sizeof b, 0);
}
