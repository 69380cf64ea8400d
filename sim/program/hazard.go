package program

// Hazard is something by which a program could learn what differs from run to run. All are closed, unless a test
// leaves one open to show that it matters.
type Hazard int

// The hazards.
const (
	VDSO                 Hazard = iota + 1 // clocks that are read without a system call
	AuxiliaryRandom                        // the 16 random bytes of AT_RANDOM
	AddressLayout                          // random addresses
	TimeStamps                             // RDTSC
	Identification                         // CPUID, which shows RDRAND
	Randomness                             // getrandom(2) and /dev/urandom
	Identity                               // process IDs
	RestartableSequences                   // rseq(2), which shows the processor
)
