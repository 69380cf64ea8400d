// popen, system and pipelines of a shell.
#include "calls.h"

static void reads(const char *command) {
	char line[256];
	FILE *f = popen(command, "r");
	printf("$ %s\n", command);
	while (fgets(line, sizeof line, f))
		printf("> %s", line);
	int s = pclose(f);
	printf("exit %d\n", WIFEXITED(s) ? WEXITSTATUS(s) : -WTERMSIG(s));
}

int main(void) {
	reads("echo a | cat");
	reads("printf 'c\\nb\\na\\n' | sort | head -2 | tr a-z A-Z");
	reads("exit 7");
	reads("kill -9 $$");
	reads("sleep 0.2 & wait; echo slept");
	reads("(sleep 0.7; echo second) & (sleep 0.1; echo first); wait");
	reads("(echo one; sleep 0.1; echo two) | while read l; do echo got $l; done");
	reads("yes | head -3");
	reads("false | true; echo $?; true | false; echo $?");
	reads("trap 'echo trapped' TERM; kill -TERM $$; echo after");
	reads("sh -c 'echo inner; exit 4'; echo $?");
	reads("nosuchcommand 2>/dev/null; echo $?");
	reads("(sleep 5 & p=$!; kill $p; wait $p; echo $?) 2>&1 | grep -v Terminated"); // dash tells of it at times
	reads("echo $((6 * 7)) `echo nested $(echo deep)`");
	reads("exec 3>&1; echo to three >&3; echo to two 2>&1 >/dev/null; cat <<E\nhere\nE");
	reads("timeout 0.1 sleep 10; echo $?");
	reads("cd /; pwd; set -- a b c; echo $#; test -t 0; echo $?");
	long long start = now();
	int s = system("sleep 0.1; exit 3");
	near("system", (now() - start) / 1000, 100);
	printf("system: %d\n", WEXITSTATUS(s));
	CALL(system(NULL) != 0);
	FILE *f = popen("cat; echo end", "w");
	fputs("written to a program\n", f);
	s = pclose(f);
	printf("pclose: %d\n", s);
	return 0;
}
