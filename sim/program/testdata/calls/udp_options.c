// Socket options that DTLS programs set and ask for.
#include "calls.h"
#include <netinet/ip.h>
#include <netinet/udp.h>

static void option(const char *what, int s, int level, int name) {
	int v = -7;
	socklen_t len = sizeof v;
	if (getsockopt(s, level, name, &v, &len) == -1)
		printf("%s: -1 %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %d, %d bytes\n", what, v, (int)len);
}
#define GET(s, level, name) option(#name, s, level, name)
#define SET(s, level, name, value) printf("set %s to %d: ", #name, value), set(s, level, name, value)

static void set(int s, int level, int name, int v) {
	printf("%s\n", setsockopt(s, level, name, &v, sizeof v) ? strerrorname_np(errno) : "0");
}

int main(void) {
	struct sockaddr_in a, c;
	int s = bound(&a), t = bound(&c);
	GET(s, SOL_SOCKET, SO_TYPE);
	GET(s, SOL_SOCKET, SO_DOMAIN);
	GET(s, SOL_SOCKET, SO_PROTOCOL);
	GET(s, SOL_SOCKET, SO_ERROR);
	GET(s, SOL_SOCKET, SO_ACCEPTCONN);
	GET(s, SOL_SOCKET, SO_REUSEADDR);
	SET(s, SOL_SOCKET, SO_REUSEADDR, 7);
	GET(s, SOL_SOCKET, SO_REUSEADDR);
	GET(s, SOL_SOCKET, SO_BROADCAST);
	GET(s, SOL_SOCKET, SO_KEEPALIVE);
	GET(s, SOL_SOCKET, SO_RCVBUF);
	GET(s, SOL_SOCKET, SO_SNDBUF);
	SET(s, SOL_SOCKET, SO_RCVBUF, 50000);
	GET(s, SOL_SOCKET, SO_RCVBUF);
	SET(s, SOL_SOCKET, SO_RCVBUF, 1);
	GET(s, SOL_SOCKET, SO_RCVBUF);
	SET(s, SOL_SOCKET, SO_SNDBUF, 60000);
	GET(s, SOL_SOCKET, SO_SNDBUF);
	GET(s, SOL_SOCKET, SO_REUSEPORT);

	GET(s, IPPROTO_IP, IP_MTU_DISCOVER);
	SET(s, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	GET(s, IPPROTO_IP, IP_MTU_DISCOVER);
	SET(s, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	GET(s, IPPROTO_IP, IP_MTU_DISCOVER);
	SET(s, IPPROTO_IP, IP_MTU_DISCOVER, 99);
	GET(s, IPPROTO_IP, IP_MTU);
	CALL(connect(s, ADDR(c)));
	GET(s, IPPROTO_IP, IP_MTU); // the loopback's
	GET(s, IPPROTO_IP, IP_TTL);
	GET(s, IPPROTO_IP, IP_TOS);
	SET(s, IPPROTO_IP, IP_TOS, 0x10);
	GET(s, IPPROTO_IP, IP_TOS);
	SET(s, IPPROTO_IP, IP_RECVERR, 0);
	SET(s, IPPROTO_IP, IP_PKTINFO, 1);
	GET(s, IPPROTO_IP, IP_PKTINFO);

	int six = socket(AF_INET6, SOCK_DGRAM, 0);
	GET(six, SOL_SOCKET, SO_DOMAIN);
	GET(six, IPPROTO_IPV6, IPV6_V6ONLY);
	SET(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	GET(six, IPPROTO_IPV6, IPV6_V6ONLY);
	GET(six, IPPROTO_IPV6, IPV6_MTU_DISCOVER);
	SET(six, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO);
	GET(six, IPPROTO_IPV6, IPV6_MTU_DISCOVER);
	GET(six, IPPROTO_IPV6, IPV6_MTU);
	SET(six, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	GET(six, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	SET(six, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);

	puts("lengths");
	char v[8] = {1};
	socklen_t len = 1;
	CALL(setsockopt(t, SOL_SOCKET, SO_REUSEADDR, v, 1));
	CALL(setsockopt(t, SOL_SOCKET, SO_REUSEADDR, v, 8));
	CALL(getsockopt(t, SOL_SOCKET, SO_RCVBUF, v, &len));
	printf("%d bytes\n", (int)len);
	len = -1;
	CALL(getsockopt(t, SOL_SOCKET, SO_RCVBUF, v, &len));
	CALL(setsockopt(t, IPPROTO_IP, IP_MTU_DISCOVER, v, 1));
	CALL(setsockopt(t, SOL_SOCKET, SO_REUSEADDR, NULL, 4));
	return 0;
}
