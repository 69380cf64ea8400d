// A program that waits for changes of files.
#include "../calls/calls.h"
#include <sys/inotify.h>

int main(void) {
	int f = CALL(inotify_init1(0));
	CALL(inotify_add_watch(f, "/", IN_CREATE));
	return 0;
}
