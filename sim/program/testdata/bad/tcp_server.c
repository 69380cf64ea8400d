// A program that wants to serve TCP.
#include "../calls/calls.h"

int main(void) {
	struct sockaddr_in6 a = v6("::", 0);
	int s = socket(AF_INET6, SOCK_STREAM, 0);
	bind(s, ADDR(a));
	CALL(listen(s, 5));
	CALL(accept(s, NULL, NULL));
	return 0;
}
