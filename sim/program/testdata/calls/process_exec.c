// exec: arguments, environment, what is inherited and what is closed; vfork; errors.
#include "calls.h"
#include <spawn.h>

extern char **environ;

static void run(const char *what, char **argv, char **env) {
	pid_t p = fork();
	if (p == 0) {
		execve(argv[0], argv, env);
		printf("execve: %s\n", strerrorname_np(errno));
		_exit(127);
	}
	ended(what, p);
}

int main(int argc, char **argv) {
	if (argc > 1 && strcmp(argv[1], "again") == 0) {
		int fd = atoi(argv[2]), closed = atoi(argv[3]);
		char b[16] = "";
		printf("%d arguments, V=%s, the last is \"%s\"\n", argc, getenv("V") ? getenv("V") : "unset", argv[argc - 1]);
		CALL(read(fd, b, 15));
		printf("inherited: %s\n", b);
		CALL(fcntl(closed, F_GETFD));
		sigset_t m;
		sigprocmask(SIG_BLOCK, NULL, &m);
		struct sigaction a;
		sigaction(SIGUSR2, NULL, &a);
		printf("mask %d, ignored %d", sigismember(&m, SIGUSR1), a.sa_handler == SIG_IGN);
		sigaction(SIGINT, NULL, &a);
		printf(", handled before: default now %d\n", a.sa_handler == SIG_DFL);
		printf("the same process %d, the same parent %d\n", getpid() == atoi(argv[4]), getppid() == atoi(argv[5]));
		return 12;
	}
	int p[2], q[2];
	MUST(pipe(p));
	MUST(pipe2(q, O_CLOEXEC));
	CALL(write(p[1], "from before", 11));
	char fd[16], closed[16], self[16], parent[16], out[16];
	sprintf(fd, "%d", p[0]);
	sprintf(closed, "%d", q[0]);
	sprintf(parent, "%d", getpid());
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	sigprocmask(SIG_BLOCK, &m, NULL);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGINT, exit);
	char *env[] = {"V=value", NULL};
	pid_t c = fork();
	if (c == 0) {
		sprintf(self, "%d", getpid());
		char *args[] = {"again", "again", fd, closed, self, parent, "", "two words", NULL};
		execve("/proc/self/exe", args, env);
		_exit(127);
	}
	ended("exec of itself", c);

	puts("shell and others");
	char *echo[] = {"/bin/sh", "-c", "echo \"$V\" \"$0\" \"$@\"; exit 3", "name", "a b", "c", NULL};
	run("sh", echo, env);
	char *cat[] = {"/bin/cat", NULL};
	CALL(write(p[1], "through cat\n", 12));
	c = fork();
	if (c == 0) {
		dup2(p[0], 0);
		close(p[1]);
		execve(cat[0], cat, env);
	}
	close(p[1]);
	ended("cat", c);

	puts("vfork: the parent waits for exec or exit");
	c = vfork();
	if (c == 0)
		_exit(8);
	ended("vfork and exit", c);
	c = vfork();
	if (c == 0) {
		execl("/bin/sh", "sh", "-c", "exit 9", NULL);
		_exit(127);
	}
	ended("vfork and exec", c);
	char *args[] = {"sh", "-c", "echo spawned; exit 10", NULL};
	int e = posix_spawnp(&c, "sh", NULL, NULL, args, env);
	ended("posix_spawnp", c);
	ERR(e);
	ERR(posix_spawn(&c, "/nonexistent", NULL, NULL, args, env));
	MUST(pipe(p));
	posix_spawn_file_actions_t f;
	posix_spawn_file_actions_init(&f);
	posix_spawn_file_actions_adddup2(&f, p[1], 1);
	posix_spawn_file_actions_addclose(&f, p[0]);
	ERR(posix_spawn(&c, "/bin/sh", &f, NULL, args, env));
	ended("posix_spawn", c);
	memset(out, 0, sizeof out);
	CALL(read(p[0], out, 15));
	printf("it wrote: %s", out);

	puts("errors");
	char *none[] = {"/nonexistent", NULL}, *dir[] = {"/", NULL}, *plain[] = {"/etc/passwd", NULL};
	run("missing", none, env);
	run("a directory", dir, env);
	run("not executable", plain, env);
	CALL(syscall(SYS_execve, 8L, none, env));
	CALL(execlp("calls-no-such-program", "x", NULL));
	return 0;
}
