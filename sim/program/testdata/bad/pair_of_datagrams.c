// A socket pair of datagrams, which is not emulated.
#include "../calls/calls.h"

int main(void) {
	int s[2];
	CALL(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	return 0;
}
