// An alternate stack, faults that are handled, longjmp out of a handler.
#include "calls.h"
#include <setjmp.h>
#include <ucontext.h>

static char stack[65536];
static sigjmp_buf back;
static volatile sig_atomic_t on_stack;
static void *volatile address;

static void fault(int n, siginfo_t *i, void *context) {
	(void)context;
	char here;
	on_stack = &here >= stack && &here < stack + sizeof stack;
	address = i->si_addr;
	siglongjmp(back, n);
}

static int deep(int n) {
	volatile char room[4096];
	room[0] = n;
	return n <= 0 ? room[0] : deep(n + 1) + room[0];
}

int main(void) {
	no_core();
	stack_t s = {.ss_sp = stack, .ss_size = sizeof stack}, old;
	CALL(sigaltstack(NULL, &old));
	printf("none: %d\n", old.ss_flags == SS_DISABLE);
	CALL(sigaltstack(&s, NULL));
	struct sigaction a = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigaction(SIGSEGV, &a, NULL);
	sigaction(SIGFPE, &a, NULL);
	sigaction(SIGILL, &a, NULL);
	sigaction(SIGBUS, &a, NULL);
	int n;
	if ((n = sigsetjmp(back, 1)) == 0)
		*(volatile int *)0x1234 = 1;
	printf("SIG%s at %p, on the other stack %d\n", sigabbrev_np(n), address, (int)on_stack);
	volatile int zero = 0, one = 1;
	if ((n = sigsetjmp(back, 1)) == 0)
		printf("%d\n", one / zero);
	printf("SIG%s, on the other stack %d\n", sigabbrev_np(n), (int)on_stack);
	if ((n = sigsetjmp(back, 1)) == 0)
		__builtin_trap();
	printf("SIG%s\n", sigabbrev_np(n));
	struct rlimit limit = {1 << 20, 1 << 20};
	setrlimit(RLIMIT_STACK, &limit);
	if ((n = sigsetjmp(back, 1)) == 0)
		printf("%d\n", deep(1));
	printf("SIG%s of a stack that is full, on the other %d\n", sigabbrev_np(n), (int)on_stack);
	s.ss_size = 100;
	CALL(sigaltstack(&s, NULL));
	s.ss_flags = SS_DISABLE;
	CALL(sigaltstack(&s, NULL));
	pid_t c = fork();
	if (c == 0) {
		signal(SIGSEGV, SIG_DFL);
		*(volatile int *)0x1234 = 1;
	}
	ended("without a handler", c);
	return 0;
}
