// Flags of recv and send, empty datagrams, FIONREAD, SO_RCVTIMEO.
#include "calls.h"

int main(void) {
	struct sockaddr_in a, c;
	int s = bound(&a), t = bound(&c), n = -1;
	char b[64] = "";
	CALL(ioctl(s, FIONREAD, &n));
	printf("FIONREAD of an empty queue: %d\n", n);
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));
	CALL(sendto(t, "0123456789", 10, 0, ADDR(a)));
	CALL(sendto(t, "", 0, 0, ADDR(a)));
	CALL(sendto(t, "abc", 3, 0, ADDR(a)));
	readable(s, 1000);
	CALL(ioctl(s, FIONREAD, &n));
	printf("FIONREAD: %d\n", n);
	CALL(recv(s, b, 4, MSG_PEEK));
	CALL(recv(s, b, 4, MSG_PEEK | MSG_TRUNC));
	CALL(recv(s, b, 4, MSG_TRUNC));
	printf("bytes: %.4s\n", b);
	CALL(ioctl(s, FIONREAD, &n));
	printf("FIONREAD of an empty datagram: %d\n", n);
	CALL(readable(s, 0));
	CALL(recv(s, b, sizeof b, 0));
	CALL(read(s, b, 2));
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));

	CALL(sendto(t, "xyz", 3, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_CONFIRM, ADDR(a)));
	CALL(recv(s, b, 0, MSG_PEEK));
	CALL(recv(s, b, 0, 0));
	CALL(sendto(t, "xyz", 3, MSG_OOB, ADDR(a)));
	CALL(recv(s, b, sizeof b, MSG_OOB | MSG_DONTWAIT));
	CALL(recv(s, b, sizeof b, MSG_ERRQUEUE));

	struct timeval limit = {0, 30000}, got = {9, 9};
	socklen_t len = sizeof got;
	CALL(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	printf("SO_RCVTIMEO: %ld s %ld us, %d bytes\n", (long)got.tv_sec, (long)got.tv_usec, (int)len);
	CALL(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
	CALL(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	printf("SO_RCVTIMEO: %s, %d bytes\n", got.tv_sec == 0 && got.tv_usec >= 30000 && got.tv_usec < 40000 ? "30 ms, rounded up" : "wrong", (int)len);
	long long start = now();
	CALL(recv(s, b, sizeof b, 0));
	took("recv", start, 30);
	start = now();
	CALL(read(s, b, sizeof b));
	took("read", start, 30);
	start = now();
	CALL(recv(s, b, sizeof b, MSG_DONTWAIT));
	took("recv without waiting", start, 0);
	struct timeval wrong = {0, 2000000};
	CALL(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &wrong, sizeof wrong));
	CALL(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, 4));

	CALL(fcntl(s, F_GETFL));
	CALL(fcntl(s, F_SETFL, O_NONBLOCK));
	CALL(fcntl(s, F_GETFL));
	CALL(recv(s, b, sizeof b, 0));
	n = 0;
	CALL(ioctl(s, FIONBIO, &n));
	CALL(fcntl(s, F_GETFL));
	int both = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CALL(fcntl(both, F_GETFL));
	CALL(fcntl(both, F_GETFD));
	CALL(lseek(s, 0, SEEK_SET));
	return 0;
}
