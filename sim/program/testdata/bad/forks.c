// A program that forks without end.
#include "../calls/calls.h"

int main(void) {
	for (;;)
		if (fork() == -1)
			perror("fork");
}
