// A program that makes no system call any more.
int main(void) {
	for (volatile unsigned long i = 0;; i++)
		;
}
