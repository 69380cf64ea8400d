// Numbers of processes and threads: how they relate, not what they are.
#include "calls.h"
#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static pid_t of_thread;
static void *tells(void *arg) {
	of_thread = gettid();
	return arg;
}

int main(void) {
	pid_t me = getpid(), parent = getppid();
	int p[2];
	printf("positive: %d %d\n", me > 0, parent >= 0);
	printf("the same each time: %d\n", me == getpid() && parent == getppid() && me == syscall(SYS_getpid));
	printf("the main thread: %d\n", gettid() == me);
	MUST(pipe(p));
	pid_t c = fork();
	if (c == 0) {
		pid_t self = getpid();
		write(p[1], &self, sizeof self);
		printf("in the child: the parent %d, another number %d, its thread %d, its group %d\n", getppid() == me, self != me, gettid() == self, getpgrp() == getpgid(me));
		pid_t grandchild = fork();
		if (grandchild == 0)
			_exit(getppid() == self ? 1 : 2);
		ended("grandchild", grandchild);
		_exit(0);
	}
	pid_t told = 0;
	read(p[0], &told, sizeof told);
	waitid(P_PID, c, &(siginfo_t){0}, WEXITED | WNOWAIT);
	printf("fork told the child's number: %d\n", told == c);
	CALL(kill(c, 0));
	ended("child", c);
	pid_t next = fork();
	if (next == 0)
		_exit(0);
	printf("another number for another child: %d\n", next != c && next != me);
	ended("child", next);
	pthread_t t;
	pthread_create(&t, NULL, tells, NULL);
	pthread_join(t, NULL);
	printf("a thread: %d\n", of_thread != me && of_thread > 0);
	CALL(syscall(SYS_tgkill, me, me, 0));
	CALL(syscall(SYS_tgkill, me, 99999999, 0));
	CALL(syscall(SYS_tkill, me, 0));
	CALL(getpgid(99999999));
	char path[64];
	sprintf(path, "/proc/%d/status", me);
	CALL(access("/proc/self/status", R_OK));

	printf("users: %d %d\n", getuid() == geteuid(), getgid() == getegid());
	struct utsname u;
	CALL(uname(&u));
	printf("system %s, machine %s\n", u.sysname, u.machine);
	char host[256] = "";
	CALL(gethostname(host, 255));
	printf("host name of uname: %d\n", strcmp(host, u.nodename) == 0);

	puts("accounts");
	struct rusage r;
	CALL(getrusage(RUSAGE_SELF, &r));
	printf("times: %d %d\n", r.ru_utime.tv_sec >= 0, r.ru_stime.tv_usec < 1000000);
	CALL(getrusage(RUSAGE_CHILDREN, &r));
	CALL(getrusage(1234, &r));
	struct sysinfo i;
	CALL(sysinfo(&i));
	printf("memory %d, up %d, processes %d\n", i.totalram > 0 && i.freeram <= i.totalram, i.uptime > 0, i.procs > 0);
	CALL(sysconf(_SC_CLK_TCK));
	CALL(sysconf(_SC_PAGESIZE));
	printf("processors: %d\n", sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	cpu_set_t set;
	CALL(sched_getaffinity(0, sizeof set, &set));
	printf("allowed: %d\n", CPU_COUNT(&set) >= 1);
	CALL(sched_yield());
	CALL(getpriority(PRIO_PROCESS, 0));
	return 0;
}
