// IPv6 and IPv4 on one socket.
#include "calls.h"

static void source(const char *what, int s) {
	struct sockaddr_storage from = {0};
	socklen_t len = sizeof from;
	char b[64];
	if (readable(s, 100) == 0) {
		printf("%s: nothing\n", what);
		return;
	}
	printf("%s: %zd bytes\n", what, recvfrom(s, b, sizeof b, 0, (struct sockaddr *)&from, &len));
	at("from", &from, len);
}

int main(void) {
	struct sockaddr_in6 any = v6("::", 0), a, lo, mapped;
	struct sockaddr_in four, c;
	socklen_t len = sizeof a;
	int s = socket(AF_INET6, SOCK_DGRAM, 0), client = bound(&c), on = 1;
	name_of("fresh", s);
	CALL(bind(s, ADDR(any)));
	MUST(getsockname(s, (struct sockaddr *)&a, &len));
	name_of("bound", s);
	int port = ntohs(a.sin6_port);
	four = v4("127.0.0.1", port);
	lo = v6("::1", port);

	CALL(sendto(client, "four", 4, 0, ADDR(four)));
	source("over IPv4", s);
	int six = socket(AF_INET6, SOCK_DGRAM, 0);
	CALL(connect(six, ADDR(lo)));
	name_of("client", six);
	peer_of("client", six) /* the port is of the range that the kernel chooses from */;
	CALL(send(six, "six", 3, 0));
	source("over IPv6", s);

	puts("a v4-mapped name");
	mapped = v6("::ffff:127.0.0.1", ntohs(c.sin_port));
	CALL(sendto(s, "answer", 6, 0, ADDR(mapped)));
	source("IPv4 client", client);
	CALL(connect(s, ADDR(mapped)));
	name_of("connected to it", s);
	peer_of("connected to it", s);
	CALL(sendto(client, "from the peer", 13, 0, ADDR(four)));
	takes("connected", s);
	CALL(send(six, "not from the peer", 17, 0));
	takes("connected", s);

	puts("one family only");
	int only = socket(AF_INET6, SOCK_DGRAM, 0);
	CALL(setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
	any.sin6_port = htons(port);
	CALL(bind(only, ADDR(any)));
	close(s);
	CALL(bind(only, ADDR(any)));
	CALL(sendto(client, "four", 4, 0, ADDR(four)));
	source("over IPv4", only);
	CALL(connect(only, ADDR(mapped)));
	CALL(sendto(only, "x", 1, 0, ADDR(mapped)));
	int old = socket(AF_INET, SOCK_DGRAM, 0);
	CALL(bind(old, ADDR(four)));
	CALL(sendto(old, "x", 1, 0, ADDR(lo)));
	CALL(connect(old, ADDR(lo)));
	CALL(setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));

	puts("both families on one port");
	int both = socket(AF_INET6, SOCK_DGRAM, 0);
	CALL(bind(both, ADDR(any)));
	close(only);
	CALL(bind(both, ADDR(any)));
	close(old);
	CALL(bind(both, ADDR(any)));

	puts("lengths and families");
	int t = socket(AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_in plain = v4("127.0.0.1", 0);
	CALL(bind(t, ADDR(plain)));
	CALL(bind(t, (struct sockaddr *)&lo, 24));
	CALL(sendto(t, "x", 1, 0, ADDR(c)));
	CALL(connect(t, ADDR(c)));
	name_of("connected by an IPv4 name", t);
	struct sockaddr_in6 away = v6("2001:db8::77", 0);
	int u = socket(AF_INET6, SOCK_DGRAM, 0);
	CALL(bind(u, ADDR(away)));
	return 0;
}
