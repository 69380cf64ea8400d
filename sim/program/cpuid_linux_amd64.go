package program

// cpuid performs the instruction.
func cpuid(leaf, subleaf uint32) (a, b, c, d uint32)

// identify answers a trapped CPUID as the processor does, without the instructions that draw random numbers.
func (t *task) identify() bool {
	const drawsInC, drawsInB = 1 << 30, 1 << 18 // RDRAND, RDSEED
	t.fetch()
	code := t.tracee.read(t.regs.Rip, 2)
	if len(code) != 2 || code[0] != 0x0f || code[1] != 0xa2 {
		return false
	}
	leaf, subleaf := uint32(t.regs.Rax), uint32(t.regs.Rcx)
	a, b, c, d := cpuid(leaf, subleaf)
	switch {
	case leaf == 1:
		c &^= drawsInC
		b &= 0x00ffffff // which processor of the machine it is
		b |= 1 << 16
	case leaf == 7 && subleaf == 0:
		b &^= drawsInB
	case leaf == 0xb || leaf == 0x1f:
		d = 0
	}
	t.regs.Rax, t.regs.Rbx, t.regs.Rcx, t.regs.Rdx = uint64(a), uint64(b), uint64(c), uint64(d)
	t.regs.Rip += 2
	t.changed = true
	return true
}
