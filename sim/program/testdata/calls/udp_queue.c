// A queue has a limit in bytes, with an overhead for each datagram: how many fit is Linux's
// arithmetic, which versions may change a little. Here: the limit holds, and counts bytes.
#include "calls.h"

static int fill(int receive_buffer, int size) {
	struct sockaddr_in a, c;
	int s = bound(&a), t = bound(&c), n = 0;
	static char b[65536];
	if (receive_buffer)
		MUST(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer));
	for (int i = 0; i < 2000; i++)
		if (sendto(t, b, size, 0, ADDR(a)) != size)
			printf("sendto: %s\n", strerrorname_np(errno));
	sleep_ms(20);
	while (recv(s, b, sizeof b, MSG_DONTWAIT) == size)
		n++;
	close(s);
	close(t);
	return n;
}

static void between(const char *what, int n, int low, int high) {
	if (n >= low && n <= high)
		printf("%s: between %d and %d\n", what, low, high);
	else
		printf("%s: %d, which is not between %d and %d\n", what, n, low, high);
}

int main(void) {
	if (getenv("CALLS_EXACT")) {
		int sizes[] = {0, 1, 100, 200, 300, 500, 1000, 1400, 2000, 4000, 8000, 30000, 60000};
		for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
			printf("%d bytes: %d\n", sizes[i], fill(0, sizes[i]));
	}
	between("datagrams of 1 byte", fill(0, 1), 200, 420);
	between("datagrams of 100 bytes", fill(0, 100), 200, 420);
	between("datagrams of 1000 bytes", fill(0, 1000), 90, 170);
	between("datagrams of 1400 bytes", fill(0, 1400), 85, 140);
	between("datagrams of 8000 bytes", fill(0, 8000), 11, 26);
	between("datagrams of 60000 bytes", fill(0, 60000), 1, 4);
	between("datagrams of 100 bytes, twice 20000 of room", fill(20000, 100), 30, 80);
	between("datagrams of 1 byte, the least room", fill(1, 1), 1, 4);

	puts("what did not fit is lost, and the queue goes on");
	struct sockaddr_in a, c;
	int s = bound(&a), t = bound(&c), small = 1;
	char b[2000];
	MUST(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof small));
	for (int i = 0; i < 100; i++)
		MUST(sendto(t, b, i < 2 ? 1000 : 10, 0, ADDR(a)));
	readable(s, 1000);
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));
	while (recv(s, b, sizeof b, MSG_DONTWAIT) > 0)
		;
	CALL(sendto(t, b, 7, 0, ADDR(a)));
	readable(s, 1000);
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));
	return 0;
}
