// Orphans, sub-reapers, process groups, sessions, signals to groups.
#include "calls.h"
#include <sys/prctl.h>

static void handler(int n) { (void)n; }

int main(void) {
	int p[2], q[2];
	char b[64];
	MUST(pipe(p));
	MUST(pipe(q));
	pid_t me = getpid();
	pid_t c = fork();
	if (c == 0) {
		printf("the parent is known: %d\n", getppid() == me);
		sprintf(b, "%d", getpid());
		if (fork() == 0) {
			char x;
			close(p[1]);
			CALL(read(p[0], &x, 1)); // until all others are gone
			printf("an orphan has another parent: %d\n", getppid() != atoi(b));
			_exit(0);
		}
		_exit(5);
	}
	ended("the parent of an orphan", c);
	close(p[1]);
	close(q[1]);
	read(q[0], b, 1); // nobody waits for an orphan: its end closes the pipe

	puts("a sub-reaper gets them");
	CALL(prctl(PR_SET_CHILD_SUBREAPER, 1));
	MUST(pipe(p));
	c = fork();
	if (c == 0) {
		if (fork() == 0) {
			close(p[1]);
			CALL(read(p[0], b, 1));
			printf("the reaper is the parent: %d\n", getppid() == me);
			_exit(7);
		}
		_exit(0);
	}
	ended("in between", c);
	close(p[1]);
	int status;
	pid_t o = wait(&status);
	printf("the orphan: %d, code %d\n", o > 0 && o != c, WEXITSTATUS(status));
	CALL(wait(&status));

	puts("groups");
	printf("a group of one's own, or the parent's: %d\n", getpgrp() == getpgid(0));
	MUST(pipe(p));
	MUST(pipe(q));
	pid_t kids[3];
	for (int i = 0; i < 3; i++) {
		kids[i] = fork();
		if (kids[i] == 0) {
			setpgid(0, i ? kids[0] : 0);
			signal(SIGUSR1, i == 2 ? handler : SIG_DFL);
			write(p[1], "x", 1);
			if (i == 2) {
				pause();
				_exit(getpgrp() == kids[0] ? 31 : 32);
			}
			for (;;)
				pause();
		}
		setpgid(kids[i], kids[0]);
		read(p[0], b, 1);
	}
	printf("their group is the first one's: %d\n", getpgid(kids[2]) == kids[0]);
	sleep_ms(50);
	CALL(kill(-kids[0], 0));
	CALL(kill(-kids[0], SIGUSR1));
	ended("first", kids[0]);
	ended("second", kids[1]);
	ended("third handles it", kids[2]);
	CALL(kill(-kids[0], 0));
	CALL(killpg(kids[0], SIGUSR1));

	puts("waiting for a group");
	c = fork();
	if (c == 0) {
		setpgid(0, 0);
		_exit(3);
	}
	setpgid(c, c);
	CALL(waitpid(-c, &status, 0) == c);

	puts("sessions");
	c = fork();
	if (c == 0) {
		pid_t s = setsid();
		printf("a session of its own: %d %d %d\n", s == getpid(), getsid(0) == s, getpgrp() == s);
		CALL(setsid());
		CALL(setpgid(0, me));
		_exit(0);
	}
	ended("child", c);
	CALL(getsid(99999999));
	CALL(setpgid(99999999, 0));
	CALL(kill(99999999, SIGTERM));
	CALL(kill(me, 1000));
	return 0;
}
