package pionv2_test

import (
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/stack/pionv2"
	"github.com/dtlssim/dtlssim/sim/stack/stacktest"
)

// The version in go.mod is the one whose log and errors this package reads.
func TestContract(t *testing.T) {
	stacktest.Contract(t, pionv2.New(), "github.com/pion/dtls/v2", pionv2.Version)
}

// What the endpoints explain is what the log and the source of the stack say.
func TestExplains(t *testing.T) {
	stacktest.Explains(t, pionv2.New(), append(stacktest.EarlyRecords, stacktest.Early{
		What: "two epochs ahead", Datagram: stacktest.TwoAhead,
		Want: []string{"drops ApplicationData 2/5: the peer's epoch is 0"},
	})...)
}

// The events of a session stand on the word of log lines of the stack, which this test
// guards. A lost hello is sent again after the interval.
func TestEvents(t *testing.T) {
	stacktest.Events(t, pionv2.New(), 1500*time.Millisecond, map[string][]string{
		"client": {
			"0 begun", "0 Flight 1 Preparing", "0 clock read, to 1s", "0 Flight 1 Sending",
			"0 Flight 1 Waiting, timer 1s", "1000 Flight 1 Sending", "1000 Flight 1 Waiting, timer 1s",
			"2000 Flight 1 Sending", "2000 Flight 1 Waiting, timer 1s", "2020 Flight 3 Preparing",
			"2020 Flight 3 Sending", "2020 Flight 3 Waiting, timer 1s", "2040 Flight 5 Preparing",
			"2040 Flight 5 Sending", "2040 Flight 5 Waiting, timer 1s", "2060 Flight 5 Finished, timer 1s",
			"2060 completed", "2060 data written, 5 B", "2060 read begun", "2080 data read, 5 B",
			"2080 closed", "2080 alert sent 0/0",
		},
		"server": {
			"2010 begun", "2010 Flight 0 Preparing", "2010 clock read, to 1s", "2010 Flight 0 Sending, moot",
			"2010 Flight 0 Waiting, moot", "2010 Flight 2 Preparing", "2010 Flight 2 Sending",
			"2010 Flight 2 Waiting, moot", "2030 Flight 4 Preparing", "2030 Flight 4 Sending",
			"2030 Flight 4 Waiting, timer 1s", "2050 Flight 6 Preparing", "2050 Flight 6 Sending",
			"2050 Flight 6 Finished, timer 1s", "2050 completed", "2050 read begun", "2070 data read, 5 B",
			"2070 data written, 5 B", "2070 read begun", "2090 alert received 1/0", "2090 alert sent 0/0", "2090 closed",
		},
	})
}
