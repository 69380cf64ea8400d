// A program whose children end at once, without end.
#include "../calls/calls.h"

int main(void) {
	for (;;) {
		pid_t p = fork();
		if (p == 0)
			_exit(0);
		waitpid(p, NULL, 0);
	}
}
