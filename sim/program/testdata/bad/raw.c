// A program that wants a raw socket.
#include "../calls/calls.h"

int main(void) {
	CALL(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	return 0;
}
