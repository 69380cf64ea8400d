// recvmmsg and sendmmsg.
#include "calls.h"

static char text[8][16];
static struct iovec v[8];
static struct sockaddr_in names[8];
static struct mmsghdr m[8];

static void empty(void) {
	memset(text, 0, sizeof text);
	for (int i = 0; i < 8; i++) {
		v[i] = (struct iovec){text[i], 15};
		m[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &v[i], .msg_iovlen = 1}, .msg_len = 77};
	}
}

static void got(int n) {
	for (int i = 0; i < n; i++)
		printf("  %u bytes \"%s\", name %d bytes, flags %x\n", m[i].msg_len, text[i], (int)m[i].msg_hdr.msg_namelen, m[i].msg_hdr.msg_flags);
}

int main(void) {
	struct sockaddr_in a, c;
	int s = bound(&a), t = bound(&c);
	empty();
	for (int i = 0; i < 4; i++) {
		v[i].iov_len = snprintf(text[i], 16, "message %d", i);
		m[i].msg_hdr.msg_name = &a;
	}
	CALL(sendmmsg(t, m, 4, 0));
	printf("lengths: %u %u\n", m[0].msg_len, m[3].msg_len);
	empty();
	CALL(recvmmsg(s, m, 2, 0, NULL));
	got(2);
	CALL(recvmmsg(s, m + 2, 6, MSG_DONTWAIT, NULL));
	got(4);
	printf("untouched: %u\n", m[4].msg_len);
	empty();
	CALL(recvmmsg(s, m, 8, MSG_DONTWAIT, NULL));

	puts("as many as there are");
	for (int i = 0; i < 3; i++)
		MUST(sendto(t, "a datagram that is longer", 10 + i * 6, 0, ADDR(a)));
	readable(s, 1000);
	CALL(recvmmsg(s, m, 8, MSG_WAITFORONE, NULL));
	got(3);

	puts("with a time limit, which Linux looks at after each datagram");
	struct timespec limit = {0, 0};
	MUST(sendto(t, "one", 3, 0, ADDR(a)));
	MUST(sendto(t, "two", 3, 0, ADDR(a)));
	readable(s, 1000);
	empty();
	CALL(recvmmsg(s, m, 8, 0, &limit));
	got(1);
	CALL(recv(s, text[0], 15, MSG_DONTWAIT));
	struct timespec wrong = {0, 2000000000};
	CALL(recvmmsg(s, m, 8, MSG_DONTWAIT, &wrong));

	puts("errors");
	empty();
	CALL(sendmmsg(t, m, 1, 0));
	m[0].msg_hdr.msg_name = NULL;
	CALL(sendmmsg(t, m, 1, 0));
	v[0].iov_len = v[1].iov_len = 3;
	m[0].msg_hdr.msg_name = m[2].msg_hdr.msg_name = &a;
	m[0].msg_hdr.msg_namelen = sizeof a;
	m[1].msg_hdr.msg_name = NULL;
	m[1].msg_hdr.msg_namelen = 0;
	CALL(sendmmsg(t, m, 3, 0)); // the second fails: one was sent
	CALL(recvmmsg(s, m, 0, MSG_DONTWAIT, NULL));
	CALL(sendmmsg(s, m, 0, 0));
	CALL(recvmmsg(99, m, 1, 0, NULL));
	takes("sent", s);
	return 0;
}
