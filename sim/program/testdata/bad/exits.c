// A program that exits at once.
int main(void) { return 7; }
