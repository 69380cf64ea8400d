// A thread calls exec while another lives.
#include "../calls/calls.h"

static void *stays(void *unused) {
	sleep_ms(60000);
	return unused;
}

int main(void) {
	pthread_t t;
	pthread_create(&t, NULL, stays, NULL);
	execl("/bin/sh", "sh", "-c", "echo another image", NULL);
	return 1;
}
