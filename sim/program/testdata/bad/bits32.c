// A program of 32 bits; compiled with cc -m32 -nostdlib -static.
void _start(void) {
	for (;;)
		;
}
