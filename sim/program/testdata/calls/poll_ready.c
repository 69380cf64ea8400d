// poll and ppoll: what is ready, how long they wait, and what they say of bad descriptors.
#include "calls.h"

static void show(struct pollfd *p, int n) {
	for (int i = 0; i < n; i++)
		printf(" %x", p[i].revents);
	puts("");
}

int main(void) {
	struct sockaddr_in a, c;
	int s = bound(&a), t = bound(&c), p[2];
	MUST(pipe(p));
	struct pollfd f[] = {{s, POLLIN, 77}, {t, POLLOUT, 77}, {-1, POLLIN, 77}, {p[0], POLLIN, 77}, {p[1], POLLOUT, 77}, {900, POLLIN, 77}};
	CALL(poll(f, 5, 0));
	show(f, 5);
	CALL(poll(f, 6, -1));
	show(f, 6);
	CALL(poll(f, 1, 0));
	show(f, 1);
	long long start = now();
	CALL(poll(f, 1, 40));
	took("poll", start, 40);
	start = now();
	CALL(poll(NULL, 0, 30));
	took("poll of nothing", start, 30);
	CALL(poll(f, 0, 0));

	CALL(sendto(t, "x", 1, 0, ADDR(a)));
	CALL(poll(f, 1, 2000));
	show(f, 1);
	f[0].events = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLPRI;
	CALL(poll(f, 1, 2000));
	show(f, 1);
	f[0].events = 0;
	CALL(poll(f, 1, 0));
	show(f, 1);
	char b[4];
	recv(s, b, 4, 0);

	struct timespec limit = ms(30);
	f[0].events = POLLIN;
	start = now();
	CALL(ppoll(f, 1, &limit, NULL));
	took("ppoll", start, 30);
	printf("the limit of the caller is untouched: %d\n", limit.tv_nsec == 30000000);
	struct { struct timespec t; } raw = {ms(30)};
	CALL(syscall(SYS_ppoll, f, 1, &raw.t, NULL, 8));
	printf("the call writes the time left: %ld.%09ld\n", (long)raw.t.tv_sec, raw.t.tv_nsec);
	raw.t = ms(5000);
	CALL(syscall(SYS_ppoll, f + 1, 1, &raw.t, NULL, 8));
	near("time left", raw.t.tv_sec * 1000000 + raw.t.tv_nsec / 1000, 5000);
	raw.t.tv_nsec = -1;
	CALL(syscall(SYS_ppoll, f, 1, &raw.t, NULL, 8));
	raw.t = ms(10);
	CALL(syscall(SYS_ppoll, f, 1, &raw.t, &limit, 3));

	puts("a descriptor that is polled twice, and one that closes");
	struct pollfd twice[] = {{p[1], POLLOUT, 0}, {p[1], POLLIN, 0}, {p[1], POLLOUT, 0}};
	CALL(poll(twice, 3, 0));
	show(twice, 3);
	close(s);
	f[0].events = POLLIN;
	CALL(poll(f, 1, 1000));
	show(f, 1);

	puts("a directory, a regular file and a device are always ready");
	int d = open("/", O_RDONLY), r = open("/proc/self/exe", O_RDONLY), z = open("/dev/null", O_RDWR);
	struct pollfd files[] = {{d, POLLIN | POLLOUT, 0}, {r, POLLIN | POLLOUT, 0}, {z, POLLIN | POLLOUT, 0}};
	CALL(poll(files, 3, 1000));
	show(files, 3);
	CALL(syscall(SYS_poll, 8L, 1, 0));
	return 0;
}
