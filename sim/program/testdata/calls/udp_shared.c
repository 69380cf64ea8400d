// One socket that several threads and processes share.
#include "calls.h"

static int s;
static struct sockaddr_in a;

static void *late(void *unused) {
	(void)unused;
	sleep_ms(40);
	struct sockaddr_in c;
	int t = bound(&c);
	sendto(t, "from a thread", 13, 0, ADDR(a));
	close(t);
	return NULL;
}

int main(void) {
	struct sockaddr_in c;
	char b[32];
	s = bound(&a);
	int t = bound(&c);
	pthread_t thread;
	long long start = now();
	pthread_create(&thread, NULL, late, NULL);
	CALL(recv(s, b, sizeof b, 0));
	took("recv", start, 40);
	pthread_join(thread, NULL);

	sendto(t, "one", 3, 0, ADDR(a));
	sendto(t, "two", 3, 0, ADDR(a));
	pid_t child = fork();
	if (child == 0) {
		takes("child", s);
		close(s);
		exit(0);
	}
	ended("child", child);
	takes("parent", s);

	puts("a child's end does not close the socket, the last close does");
	sendto(t, "three", 5, 0, ADDR(a));
	takes("parent", s);
	int d = dup(s);
	close(s);
	sendto(t, "four", 4, 0, ADDR(a));
	takes("copy", d);
	CALL(fcntl(d, F_SETFL, O_NONBLOCK));
	child = fork();
	if (child == 0) {
		CALL(fcntl(d, F_GETFL) & O_NONBLOCK);
		CALL(fcntl(d, F_SETFL, 0));
		exit(7);
	}
	ended("child", child);
	CALL(fcntl(d, F_GETFL) & O_NONBLOCK);
	child = fork();
	if (child == 0) {
		close(d);
		sleep_ms(30);
		sendto(t, "five", 4, 0, ADDR(a));
		exit(0);
	}
	start = now();
	CALL(recv(d, b, sizeof b, 0));
	took("recv", start, 30);
	ended("child", child);
	close(d);
	connect(t, ADDR(a));
	send(t, "six", 3, 0);
	takes("after the last close", t);
	return 0;
}
