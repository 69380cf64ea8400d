// Several sockets of one port: who gets the datagram.
#include "calls.h"

static int shared(struct sockaddr_in *a) {
	int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	MUST(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
	MUST(bind(s, (struct sockaddr *)a, sizeof *a));
	return s;
}

int main(void) {
	struct sockaddr_in a, c, o;
	close(bound(&a)); // a port that is free
	int client = bound(&c), other = bound(&o);
	int one = shared(&a), two = shared(&a), three = shared(&a);

	sendto(client, "first", 5, 0, ADDR(a));
	takes("bound first", one);
	takes("bound second", two);
	takes("bound last", three);

	puts("the first is connected to the client");
	CALL(connect(one, ADDR(c)));
	sendto(client, "second", 6, 0, ADDR(a));
	sendto(other, "of another", 10, 0, ADDR(a));
	takes("bound first", one);
	takes("bound second", two);
	takes("bound last", three);

	puts("the last is closed");
	close(three);
	sendto(other, "third", 5, 0, ADDR(a));
	takes("bound second", two);

	puts("a new one; the second is connected and dissolved, and changes no rank");
	struct sockaddr unspec = {.sa_family = AF_UNSPEC};
	int four = shared(&a);
	CALL(connect(two, ADDR(o)));
	CALL(connect(two, &unspec, sizeof unspec));
	sendto(other, "fourth", 6, 0, ADDR(a));
	takes("bound second", two);
	takes("bound later", four);
	close(four);

	puts("one that is bound to any address, after the others");
	struct sockaddr_in any = v4("0.0.0.0", ntohs(a.sin_port));
	int whole = shared(&any);
	sendto(other, "fifth", 5, 0, ADDR(a));
	takes("bound to any", whole);
	takes("bound second", two);
	struct sockaddr_in two7 = v4("127.0.0.2", ntohs(a.sin_port));
	sendto(other, "sixth", 5, 0, ADDR(two7));
	takes("bound to any", whole);

	puts("without the option on both sides");
	int plain = socket(AF_INET, SOCK_DGRAM, 0), on = 1, off = 0;
	CALL(bind(plain, ADDR(a)));
	CALL(setsockopt(plain, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
	CALL(bind(plain, ADDR(a)));
	CALL(setsockopt(plain, SOL_SOCKET, SO_REUSEADDR, &off, sizeof off));
	int late = socket(AF_INET, SOCK_DGRAM, 0);
	CALL(setsockopt(late, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
	CALL(bind(late, ADDR(a)));
	return 0;
}
