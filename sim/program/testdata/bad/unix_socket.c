// A program that talks to another program of this machine, through a socket that has a path.
#include "../calls/calls.h"
#include <sys/un.h>

int main(void) {
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	CALL(connect(s, ADDR(a)));
	CALL(sendto(s, "x", 1, 0, ADDR(a)));
	return 0;
}
