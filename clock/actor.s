// This file is empty on purpose: it lets the compiler accept the declaration of
// goroutineLabels, which has no body.
