// A program that wants to write where it must not.
#include "../calls/calls.h"

int main(void) {
	CALL(open("/etc/calls-must-not-exist", O_CREAT | O_WRONLY, 0600));
	return 0;
}
