// A datagram that is gathered from many pieces, and scattered into many.
#include "calls.h"
#include <limits.h>

int main(void) {
	struct sockaddr_in a, c;
	int s = bound(&a), t = bound(&c);
	char x[4] = "", y[4] = "", z[64] = "";
	struct iovec out[] = {{"one ", 4}, {"", 0}, {"two ", 4}, {"three", 5}}, in[] = {{x, 3}, {y, 3}, {z, 60}};
	struct msghdr m = {.msg_name = &a, .msg_namelen = sizeof a, .msg_iov = out, .msg_iovlen = 4};
	struct sockaddr_in from;
	CALL(sendmsg(t, &m, 0));
	m = (struct msghdr){.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = in, .msg_iovlen = 3, .msg_flags = 0x7777};
	CALL(recvmsg(s, &m, 0));
	printf("\"%s\" \"%s\" \"%s\", flags %x, name %d bytes, control %zu\n", x, y, z, m.msg_flags, (int)m.msg_namelen, m.msg_controllen);

	CALL(connect(t, ADDR(a)));
	CALL(writev(t, out, 4));
	m = (struct msghdr){.msg_iov = in, .msg_iovlen = 2};
	CALL(recvmsg(s, &m, 0));
	printf("\"%s\" \"%s\", flags %x\n", x, y, m.msg_flags);
	CALL(writev(t, out, 4));
	memset(z, 0, sizeof z);
	CALL(readv(s, in, 3));
	printf("\"%s\" \"%s\" \"%s\"\n", x, y, z);

	puts("very many");
	static char bytes[1100];
	static struct iovec many[1100];
	for (int i = 0; i < 1100; i++) {
		bytes[i] = 'a' + i % 26;
		many[i] = (struct iovec){&bytes[i], 1};
	}
	CALL(writev(t, many, IOV_MAX));
	CALL(writev(t, many, IOV_MAX + 1));
	m = (struct msghdr){.msg_iov = many, .msg_iovlen = IOV_MAX};
	CALL(sendmsg(t, &m, 0));
	m.msg_iovlen = IOV_MAX + 1;
	CALL(sendmsg(t, &m, 0));
	memset(bytes, 0, sizeof bytes);
	CALL(readv(s, many, IOV_MAX));
	printf("%.30s\n", bytes);
	m.msg_iovlen = IOV_MAX;
	CALL(recvmsg(s, &m, MSG_TRUNC));
	CALL(recvmsg(s, &m, MSG_DONTWAIT));

	puts("none");
	m.msg_iovlen = 0;
	CALL(sendmsg(t, &m, 0));
	CALL(writev(t, out, 0));
	readable(s, 1000);
	m.msg_iovlen = 1;
	CALL(recvmsg(s, &m, MSG_DONTWAIT));
	CALL(recvmsg(s, &m, MSG_DONTWAIT));
	CALL(syscall(SYS_writev, t, out, -1L));

	puts("pieces that are not there");
	struct iovec bad[] = {{"abc", 3}, {(void *)8, 3}};
	CALL(writev(t, bad, 2));
	CALL(recv(s, z, sizeof z, MSG_DONTWAIT));
	CALL(write(t, "abcdef", 6));
	bad[0].iov_base = x;
	readable(s, 1000);
	CALL(readv(s, bad, 2));
	return 0;
}
