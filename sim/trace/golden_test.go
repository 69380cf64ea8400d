package trace_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/trace"
)

func TestWriteTable(t *testing.T) {
	var out bytes.Buffer
	if err := trace.WriteTable(&out, smallTrace(), smallReasons()); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/small.txt", out.Bytes())
}

func TestWriteJSONLines(t *testing.T) {
	var out bytes.Buffer
	if err := trace.WriteJSONLines(&out, smallTrace(), smallReasons()); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/small.jsonl", out.Bytes())
}

// fullDisk accepts nothing.
type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestAFailedWriteIsReported(t *testing.T) {
	for name, write := range map[string]func(io.Writer, []trace.Record, []trace.Reason) error{
		"WriteTable": trace.WriteTable, "WriteJSONLines": trace.WriteJSONLines,
	} {
		if err := write(fullDisk{}, smallTrace(), smallReasons()); !errors.Is(err, errFull) {
			t.Errorf("%s to a full disk returns %v, want %v", name, err, errFull)
		}
	}
}

func TestSeconds(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0.000000000"}, {1, "0.000000001"}, {10 * time.Millisecond, "0.010000000"},
		{time.Second - 1, "0.999999999"}, {time.Hour + 5*time.Microsecond, "3600.000005000"},
	} {
		if got := trace.Seconds(c.d); got != c.want {
			t.Errorf("Seconds(%d) = %q, want %q", int64(c.d), got, c.want)
		}
	}
}

func TestNamesOfKindsAndDatagrams(t *testing.T) {
	for kind, want := range map[trace.RecordKind]string{
		trace.Send: "send", trace.Lose: "lose", trace.Arrive: "arrive", trace.Drop: "drop", trace.Note: "note",
		trace.Copy: "copy", trace.Hold: "hold", trace.HoldCopy: "hold copy", trace.Forge: "forge",
		trace.Queue: "queue", trace.Enter: "enter", trace.Leave: "leave", 0: "RecordKind(0)", 13: "RecordKind(13)",
		255: "RecordKind(255)",
	} {
		if got := kind.String(); got != want {
			t.Errorf("kind %d is called %q, want %q", uint8(kind), got, want)
		}
	}
	if got, want := (trace.DatagramID{Actor: "client-1", Number: 12}).String(), "client-1#12"; got != want {
		t.Errorf("the datagram is called %q, want %q", got, want)
	}
}

// JSON Lines are the same, however the trace comes.
func TestJSONLinesInParts(t *testing.T) {
	records, reasons := smallTrace(), smallReasons()
	for size := 1; size <= len(records); size++ {
		var out bytes.Buffer
		l, left := trace.NewJSONLines(&out), reasons
		for part := range slices.Chunk(records, size) {
			last := part[len(part)-1].At
			n := 0
			for n < len(left) && left[n].At < last { // those of an earlier instant have come
				n++
			}
			l.Add(nil, left[:n])
			l.Add(part, nil)
			left = left[n:]
		}
		l.Add(nil, left)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("testdata/small.jsonl")
		if err != nil || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("in parts of %d records, %v:\n%s", size, err, out.Bytes())
		}
	}
}
