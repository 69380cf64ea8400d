//go:build race

package run_test

// raceDetector tells that the workers run under the race detector, whose memory is
// not that of a worker.
const raceDetector = true
