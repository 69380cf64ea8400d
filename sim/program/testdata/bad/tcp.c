// A program that wants TCP.
#include "../calls/calls.h"

int main(void) {
	struct sockaddr_in a = v4("127.0.0.1", 9);
	int s = socket(AF_INET, SOCK_STREAM, 0);
	CALL(connect(s, ADDR(a)));
	return 0;
}
