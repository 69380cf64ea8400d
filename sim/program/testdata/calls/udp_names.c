// Names of UDP sockets: bind, ports that the kernel chooses, connect and how to dissolve it.
#include "calls.h"

int main(void) {
	struct sockaddr_in peer, a, any = v4("0.0.0.0", 0), none = v4("192.0.2.77", 0);
	int p = bound(&peer);
	name_of("bound", p);
	peer_of("bound", p);

	int s = socket(AF_INET, SOCK_DGRAM, 0);
	name_of("fresh", s);
	CALL(bind(s, ADDR(none)));
	CALL(bind(s, ADDR(any)));
	name_of("bound to any", s);
	CALL(bind(s, ADDR(any)));
	CALL(connect(s, ADDR(peer)));
	name_of("bound to any and connected", s);
	a = v4("0.0.0.0", 0);
	struct sockaddr_storage got = {0};
	socklen_t len = sizeof got;
	CALL(getpeername(s, (struct sockaddr *)&got, &len));
	printf("the peer is right: %d\n", memcmp(&((struct sockaddr_in *)&got)->sin_addr, &peer.sin_addr, 4) == 0 &&
		((struct sockaddr_in *)&got)->sin_port == peer.sin_port);

	struct sockaddr unspec = {.sa_family = AF_UNSPEC};
	CALL(connect(s, &unspec, sizeof unspec));
	name_of("bound to any and dissolved", s);
	peer_of("dissolved", s);

	int t = socket(AF_INET, SOCK_DGRAM, 0);
	CALL(connect(t, ADDR(peer)));
	name_of("connected", t);
	CALL(connect(t, &unspec, sizeof unspec));
	name_of("connected and dissolved", t);

	int u = socket(AF_INET, SOCK_DGRAM, 0);
	CALL(sendto(u, "x", 1, 0, ADDR(peer)));
	name_of("sent without a name", u);
	CALL(bind(u, ADDR(any)));
	CALL(connect(u, ADDR(any)));
	name_of("connected to any", u);
	a = v4("127.0.0.1", ntohs(peer.sin_port));
	int v = socket(AF_INET, SOCK_DGRAM, 0);
	CALL(bind(v, ADDR(a)));
	a = v4("127.0.0.2", ntohs(peer.sin_port));
	CALL(bind(v, ADDR(a)));
	struct sockaddr_in whole = v4("0.0.0.0", ntohs(peer.sin_port));
	int w = socket(AF_INET, SOCK_DGRAM, 0);
	CALL(bind(w, ADDR(whole)));
	CALL(close(p));
	CALL(close(v));
	CALL(bind(w, ADDR(whole)));

	len = 4;
	memset(&got, 0xee, sizeof got);
	CALL(getsockname(w, (struct sockaddr *)&got, &len));
	printf("%d bytes; the fifth is %x\n", (int)len, ((unsigned char *)&got)[4]);
	len = -1;
	CALL(getsockname(w, (struct sockaddr *)&got, &len));
	CALL(bind(s, (struct sockaddr *)&whole, 4));
	CALL(connect(s, (struct sockaddr *)&peer, 1));
	struct sockaddr_in odd = whole;
	odd.sin_family = AF_UNIX;
	int x = socket(AF_INET, SOCK_DGRAM, 0);
	CALL(bind(x, ADDR(odd)));
	CALL(connect(x, ADDR(odd)));
	return 0;
}
