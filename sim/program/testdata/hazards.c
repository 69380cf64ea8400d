// Prints what differs from run to run of a program: one line a hazard.
#define _GNU_SOURCE
#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

static void bytes(const char *name, const unsigned char *b, int n) {
	printf("%s", name);
	for (int i = 0; i < n; i++) printf(" %02x", b[i]);
	printf("\n");
}

int main(void) {
	unsigned char random[16];
	struct timespec now;
	unsigned a, b, c, d;

	clock_gettime(CLOCK_REALTIME, &now);
	printf("vdso %ld.%09ld\n", (long)now.tv_sec, now.tv_nsec);
	bytes("auxiliary-random", (const unsigned char *)getauxval(AT_RANDOM), 16);
	printf("address-layout %p %p\n", (void *)&now, (void *)&printf);
	printf("time-stamps %llu\n", (unsigned long long)__rdtsc());
	if (!__get_cpuid(1, &a, &b, &c, &d)) return 1;
	printf("identification rdrand=%d\n", (c & bit_RDRND) != 0);
	if (getrandom(random, sizeof random, 0) != sizeof random) return 1;
	bytes("randomness", random, sizeof random);
	FILE *f = fopen("/dev/urandom", "r");
	if (!f || fread(random, 1, sizeof random, f) != sizeof random) return 1;
	bytes("urandom", random, sizeof random);
	printf("identity %d %ld\n", getpid(), syscall(SYS_gettid));
	printf("restartable-sequences %u\n", __rseq_size);
	return 0;
}
