package verb

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/dtlssim/dtlssim/report/text"
)

// lineEvery is the interval between progress lines without a terminal.
const lineEvery = 10 * time.Second

// progress shows how far a long run is: as a bar on a terminal, and otherwise as a line now and
// then.
type progress struct {
	out   io.Writer
	total int
	what  string

	mu   sync.Mutex
	done int
	last time.Time

	container *mpb.Progress
	bar       *mpb.Bar
}

func newProgress(out io.Writer, total int, what string) *progress {
	p := &progress{out: out, total: total, what: what, last: time.Now()}
	under := out
	if t, ok := out.(*text.Terminal); ok { // the bar drives the terminal itself
		under = t.Under
	}
	if f, ok := under.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.container = mpb.New(mpb.WithOutput(under), mpb.WithWidth(60))
		p.bar = p.container.AddBar(int64(total), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.CountersNoUnit("%d of %d "+what)),
			mpb.AppendDecorators(decor.AverageETA(decor.ET_STYLE_GO)))
	}
	return p
}

func (p *progress) increment() {
	if p.bar != nil {
		p.bar.Increment()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if time.Since(p.last) >= lineEvery {
		p.last = time.Now()
		fmt.Fprintf(p.out, "%d of %d %s\n", p.done, p.total, p.what)
	}
}

// finish removes the bar, whether or not everything was done.
func (p *progress) finish() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.container.Wait()
	}
}
