// Control messages: to which address a datagram came, and from which an answer goes.
#include "calls.h"

static char control[256];

static struct msghdr into(struct iovec *v, struct sockaddr_storage *from, size_t room) {
	memset(control, 0, sizeof control);
	return (struct msghdr){.msg_name = from, .msg_namelen = sizeof *from, .msg_iov = v, .msg_iovlen = 1,
		.msg_control = room ? control : NULL, .msg_controllen = room};
}

static void messages(struct msghdr *m) {
	printf("control: %zu bytes, flags %x\n", m->msg_controllen, m->msg_flags);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		char to[64], spec[64];
		printf("level %d type %d length %zu", c->cmsg_level, c->cmsg_type, (size_t)c->cmsg_len);
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo *i = (void *)CMSG_DATA(c);
			printf(": interface %d, to %s, local %s", i->ipi_ifindex, inet_ntop(AF_INET, &i->ipi_addr, to, 64),
				inet_ntop(AF_INET, &i->ipi_spec_dst, spec, 64));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo *i = (void *)CMSG_DATA(c);
			printf(": interface %d, to %s", i->ipi6_ifindex, inet_ntop(AF_INET6, &i->ipi6_addr, to, 64));
		}
		puts("");
	}
}

int main(void) {
	struct sockaddr_in c, a = v4("0.0.0.0", 0), to;
	struct sockaddr_storage from;
	socklen_t len = sizeof a;
	int client = bound(&c), s = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	MUST(bind(s, ADDR(a)));
	MUST(getsockname(s, (struct sockaddr *)&a, &len));
	char b[16];
	struct iovec v = {b, sizeof b};

	to = v4("127.0.0.1", ntohs(a.sin_port));
	CALL(sendto(client, "plain", 5, 0, ADDR(to)));
	struct msghdr m = into(&v, &from, sizeof control);
	CALL(recvmsg(s, &m, 0));
	messages(&m);
	CALL(setsockopt(s, IPPROTO_IP, IP_PKTINFO, &on, sizeof on));
	CALL(sendto(client, "told", 4, 0, ADDR(to)));
	m = into(&v, &from, sizeof control);
	CALL(recvmsg(s, &m, 0));
	messages(&m);
	printf("name: %d bytes, the client's: %d\n", (int)m.msg_namelen, ((struct sockaddr_in *)&from)->sin_port == c.sin_port);

	to = v4("127.0.0.5", ntohs(a.sin_port));
	CALL(sendto(client, "to another", 10, 0, ADDR(to)));
	m = into(&v, &from, sizeof control);
	CALL(recvmsg(s, &m, MSG_PEEK));
	messages(&m);
	m.msg_flags = 0;

	puts("the answer leaves from that address");
	CALL(sendmsg(s, &m, 0));
	struct sockaddr_in source;
	len = sizeof source;
	readable(client, 1000);
	CALL(recvfrom(client, b, sizeof b, 0, (struct sockaddr *)&source, &len));
	at("source", (struct sockaddr_storage *)&source, len);

	m = into(&v, &from, 8);
	CALL(recvmsg(s, &m, 0));
	messages(&m);
	CALL(sendto(client, "no room", 7, 0, ADDR(to)));
	m = into(&v, &from, 0);
	CALL(recvmsg(s, &m, 0));
	messages(&m);

	puts("IPv6");
	struct sockaddr_in6 six = v6("::", 0), local;
	len = sizeof six;
	int t = socket(AF_INET6, SOCK_DGRAM, 0);
	MUST(bind(t, ADDR(six)));
	MUST(getsockname(t, (struct sockaddr *)&six, &len));
	CALL(setsockopt(t, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on));
	local = v6("::1", ntohs(six.sin6_port));
	int u = socket(AF_INET6, SOCK_DGRAM, 0);
	CALL(sendto(u, "six", 3, 0, ADDR(local)));
	m = into(&v, &from, sizeof control);
	CALL(recvmsg(t, &m, 0));
	messages(&m);
	to = v4("127.0.0.1", ntohs(six.sin6_port));
	CALL(sendto(client, "mapped", 6, 0, ADDR(to)));
	m = into(&v, &from, sizeof control);
	CALL(recvmsg(t, &m, 0));
	messages(&m);
	return 0;
}
