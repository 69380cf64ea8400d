// A program that wants to remove a file that is not its own.
#include "../calls/calls.h"

int main(void) {
	CALL(unlink("/etc/calls-must-not-exist"));
	CALL(rename("/etc/calls-must-not-exist", "/etc/calls-must-not-exist-either"));
	CALL(mkdir("/etc/calls-must-not-exist", 0700));
	return 0;
}
