// What Mbed TLS's net_sockets.c does: peek, connect the listening socket to the source, and bind a
// new one. What waited in the old socket stays there, also of other senders.
#include "calls.h"

static int listening(struct sockaddr_in *a) {
	int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	MUST(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
	MUST(bind(s, (struct sockaddr *)a, sizeof *a));
	return s;
}

int main(void) {
	struct sockaddr_in a, c, o, from;
	close(bound(&a));
	int client = bound(&c), other = bound(&o), server = listening(&a);
	connect(client, ADDR(a));
	connect(other, ADDR(a));
	send(client, "hello", 5, 0);
	send(other, "hello of another", 16, 0);
	send(client, "again", 5, 0);

	char b[1];
	socklen_t len = sizeof from;
	CALL(recvfrom(server, b, 1, MSG_PEEK, (struct sockaddr *)&from, &len));
	printf("from the client: %d, length %d\n", from.sin_port == c.sin_port, (int)len);
	CALL(connect(server, ADDR(from)));
	int fresh = listening(&a);
	takes("connected", server);
	takes("connected", server);
	takes("connected", server);
	takes("new", fresh);

	send(client, "later", 5, 0);
	send(other, "later of another", 16, 0);
	takes("connected", server);
	takes("connected", server);
	takes("new", fresh);

	send(server, "answer", 6, 0);
	takes("client", client);
	close(server);
	send(client, "after the end", 13, 0);
	takes("new", fresh);
	return 0;
}
