package page_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/report/page"
)

// browser starts a headless Chromium that ends with the test. Without one the test is
// skipped, unless the variable DTLSSIM_TOOLS_REQUIRED is set.
func browser(t *testing.T) context.Context {
	t.Helper()
	testkit.Tool(t, "apt-get install chromium", "chromium", "--version")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits, so that the folder of its profile can go
		cancel()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// send is a command to the browser.
func send[P, R any](command cdp.Command[P, R], parameters P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, parameters)
		return err
	})
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.EvaluateAsDevTools[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// shoot takes a picture of a part of the page, or of all of it.
func shoot(t *testing.T, ctx context.Context, part *cdppage.Viewport) []byte {
	t.Helper()
	r, err := chromedp.Run(
		ctx,
		func(ctx context.Context, target *chromedp.Target) (cdppage.CaptureScreenshotResult, error) {
			return cdp.Call(ctx, target, cdppage.CaptureScreenshot,
				cdppage.CaptureScreenshotParams{CaptureBeyondViewport: new(true), Clip: part})
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return r.Data
}

// written writes a report of pages, and returns the files to be opened. With
// DTLSSIM_REPORT=DIR, those are the pages of a report that dtlssim has written.
func written(t *testing.T) []string {
	t.Helper()
	if folder := os.Getenv("DTLSSIM_REPORT"); folder != "" {
		folder, err := filepath.Abs(folder)
		if err != nil {
			t.Fatal(err)
		}
		pages, err := filepath.Glob(filepath.Join(folder, "*", "index.html"))
		if err != nil || len(pages) == 0 {
			t.Fatalf("there are no pages in %s: %v", folder, err)
		}
		return append(pages, filepath.Join(folder, "index.html"))
	}
	folder := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	p, files := whole(t)
	index, err := page.Index([]page.Entry{{Page: &p, File: "whole.html"}, {Page: &p, File: "whole.html"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		write(name, data)
	}
	return []string{write("whole.html", mustRender(t, p)), write("index.html", index)}
}

// seen is what a reader has before their eyes, as the browser measures it.
type seen struct {
	Width   float64 // of the page; the window of a phone would grow with it
	Dark    bool
	Figures []rectangle
	Faults  []string
}

type rectangle struct{ X, Y, Width, Height float64 }

// look measures a page. Contrast is that of WCAG 2.2, 1.4.3, of every text against what
// it stands on: the nearest background of an element above it, or, in a figure, whatever
// shape was painted below it last.
const look = `(() => {
  const faults = [];
  const channels = c => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const luminance = c => {
    const [r, g, b] = channels(c).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const ground = e => {
    for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (channels(c)[3] > 0) return c; }
    return 'rgb(255, 255, 255)';
  };
  const tell = (what, e) => faults.push(what + ': ' + e.textContent.trim().slice(0, 60));
  const shown = e => e.checkVisibility() && e.getBoundingClientRect().width > 0;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; n = texts.nextNode();) {
    const e = n.parentElement;
    if (!n.textContent.trim() || e.closest('svg') || !shown(e)) continue;
    const style = getComputedStyle(e), ratio = contrast(style.color, ground(e));
    if (ratio < 4.5) tell('contrast ' + ratio.toFixed(2), e);
    if (parseFloat(style.fontSize) < 12) tell('text of ' + style.fontSize, e);
  }
  const figures = [];
  for (const svg of document.querySelectorAll('svg')) {
    const box = svg.getBoundingClientRect();
    figures.push({X: box.x + scrollX, Y: box.y + scrollY, Width: box.width, Height: box.height});
    const labels = [...svg.querySelectorAll('text')].filter(e => e.textContent.trim())
      .map(e => ({e, box: e.getBoundingClientRect()}));
    const shapes = [...svg.querySelectorAll('path, rect')];
    const card = ground(svg);
    const filled = shapes.filter(s => getComputedStyle(s).fill !== 'none')
      .map(s => ({s, fill: getComputedStyle(s).fill, to: s.getScreenCTM().inverse()}));
    labels.forEach(({e, box: b}, i) => {
      const outside = b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1 || b.bottom > box.bottom + 1;
      if (outside) tell('cut off', e);
      const size = parseFloat(getComputedStyle(e).fontSize) * box.width / svg.viewBox.baseVal.width;
      if (Math.max(b.width, b.height) > 0 && size < 7.5) tell('tiny in a figure', e);
      for (const other of labels.slice(i + 1)) {
        const o = other.box;
        const wide = Math.min(b.right, o.right) - Math.max(b.left, o.left);
        const high = Math.min(b.bottom, o.bottom) - Math.max(b.top, o.top);
        if (wide > 1 && high > 3) tell('overlaps “' + other.e.textContent + '”', e);
      }
      let under = card;
      const fill = getComputedStyle(e).fill;
      const middle = new DOMPoint((b.left + b.right) / 2, (b.top + b.bottom) / 2);
      for (const {s, fill: f, to} of filled) {
        const below = s.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING;
        if (below && s.isPointInFill(middle.matrixTransform(to))) under = f;
      }
      if (getComputedStyle(e).stroke !== 'none') under = getComputedStyle(e).stroke; // a halo
      if (contrast(fill, under) < 4.5) tell('contrast ' + contrast(fill, under).toFixed(2) + ' in a figure', e);
    });
    for (const s of shapes) {
      const style = getComputedStyle(s), colour = style.stroke !== 'none' ? style.stroke : style.fill;
      const b = s.getBoundingClientRect();
      const ground = labels.some(({box: o}) =>
        o.left > b.left - 4 && o.right < b.right + 4 && o.top > b.top - 4 && o.bottom < b.bottom + 4); // of a label
      if (colour !== 'none' && !ground && b.width < box.width * 0.9 && contrast(colour, card) < 1.15)
        faults.push('a shape of ' + colour + ' on ' + card);
    }
  }
  return {
    Width: document.documentElement.scrollWidth, Dark: luminance(ground(document.body)) < 0.1,
    Figures: figures, Faults: [...new Set(faults)],
  };
})()`

// A reader opens the pages from a file: in light and in dark, on a phone and on a wide
// screen, with and without JavaScript. Nothing is fetched, nothing is complained of,
// nothing is wider than the window, every text can be read, no label of a figure runs into
// another, and every figure is there. DTLSSIM_SCREENSHOTS=DIR keeps what was seen.
func TestInBrowser(t *testing.T) {
	testkit.NotShort(t)
	pages := written(t)
	ctx := browser(t)
	for _, path := range pages {
		pictures := map[string][]image.Image{}
		base := strings.TrimSuffix(filepath.Base(filepath.Dir(path))+"-"+filepath.Base(path), ".html")
		for _, v := range testkit.Few([]view{
			{scheme: "light", width: 380, scripts: true},
			{scheme: "dark", width: 380, scripts: true},
			{scheme: "light", width: 1600, scripts: true},
			{scheme: "dark", width: 1600, scripts: true},
			{scheme: "light", width: 380}, // one without JavaScript is enough: nothing of the page runs anyway
		}, 3, 3) {
			name := fmt.Sprintf("%s-%s-%d", strings.ReplaceAll(base, "-index", ""), v.scheme, v.width)
			if !v.scripts {
				name += "-without-javascript"
			}
			t.Run(name, func(t *testing.T) {
				v.t, v.path = t, path
				pictures[v.scheme] = append(pictures[v.scheme], v.open(ctx, name)...)
			})
		}
		for i := range min(len(pictures["light"]), len(pictures["dark"])) {
			if same(pictures["light"][i], pictures["dark"][i]) {
				t.Errorf("%s: picture %d of a figure is the same in both schemes", path, i)
			}
		}
	}
}

// scheme emulates a medium, if it is not the screen, and a colour scheme.
func scheme(medium, name string) chromedp.Action[chromedp.Void] {
	return send(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

// view is one way to look at a page.
type view struct {
	t       *testing.T
	path    string
	scheme  string
	width   int64
	scripts bool
}

// open opens the page, checks it, and returns pictures of its figures.
func (v *view) open(parent context.Context, name string) (pictures []image.Image) {
	t := v.t
	ctx, cancel := chromedp.NewContext(parent)
	defer cancel()
	ctx, expired := context.WithTimeout(ctx, 5*time.Minute) // a browser that hangs, not one that is slow
	defer expired()
	var mu sync.Mutex
	var complaints, requests []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			complaints = append(complaints, e.Entry.Text)
		case *runtime.EventConsoleAPICalled:
			complaints = append(complaints, fmt.Sprintf("console %s", e.Type))
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		case *network.EventRequestWillBeSent:
			requests = append(requests, e.Request.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	err = chromedp.Do(ctx,
		send(network.Enable, network.EnableParams{}),
		send(log.Enable, cdp.Empty{}),
		send(runtime.Enable, cdp.Empty{}),
		send(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !v.scripts}),
		send(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: v.width, Height: 900, DeviceScaleFactor: 1, Mobile: v.width < 500,
		}),
		scheme("", v.scheme),
		chromedp.Navigate("file://"+v.path),
	)
	if err != nil {
		t.Fatal(err)
	}
	ask[chromedp.Void](t, ctx, `document.querySelectorAll('details').forEach(d => d.open = true)`)
	got := ask[seen](t, ctx, look)
	var shots [][]byte
	for _, r := range got.Figures {
		shots = append(shots, shoot(t, ctx, &cdppage.Viewport{
			X: r.X, Y: r.Y, Width: min(r.Width, float64(v.width)-r.X), Height: r.Height, Scale: 1,
		}))
	}
	if folder := os.Getenv("DTLSSIM_SCREENSHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name+".png"), shoot(t, ctx, nil), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(complaints) > 0 {
		t.Errorf("the browser complains: %.1000q", complaints)
	}
	for _, r := range requests {
		if r != "file://"+v.path && !strings.HasPrefix(r, "data:") {
			t.Errorf("the page asks for %.200s", r)
		}
	}
	if len(requests) == 0 {
		t.Error("no request was seen, not even that for the page")
	}
	if got.Width > float64(v.width) {
		t.Errorf("the page is %g pixels wide", got.Width)
	}
	if got.Dark != (v.scheme == "dark") {
		t.Errorf("the page is dark: %t", got.Dark)
	}
	if len(got.Figures) == 0 {
		t.Error("no figure was seen")
	}
	for _, fault := range got.Faults {
		t.Error(fault)
	}
	for i, shot := range shots {
		picture, err := png.Decode(bytes.NewReader(shot))
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, picture)
		if drawn := notGround(picture); drawn < 0.01 {
			t.Errorf("figure %d is blank: %.2g of its pixels are drawn on", i, drawn)
		}
	}
	return pictures
}

// notGround returns the share of pixels of another colour than the most frequent one.
func notGround(m image.Image) float64 {
	counts := map[[3]uint32]int{}
	most := 0
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			r, g, b, _ := m.At(x, y).RGBA()
			counts[[3]uint32{r, g, b}]++
			most = max(most, counts[[3]uint32{r, g, b}])
		}
	}
	return 1 - float64(most)/float64(m.Bounds().Dx()*m.Bounds().Dy())
}

func same(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if r1 != r2 || g1 != g2 || b1 != b2 {
				return false
			}
		}
	}
	return true
}

// On paper the page is light, whatever the screen is, what is folded is unfolded, no figure
// is cut, and nothing is wider than the paper.
func TestPrinted(t *testing.T) {
	testkit.NotShort(t)
	pages := written(t)
	ctx := browser(t)
	for _, path := range pages {
		err := chromedp.Do(
			ctx,
			// A4 within the margins, at 96 dots per inch
			send(emulation.SetDeviceMetricsOverride,
				emulation.SetDeviceMetricsOverrideParams{Width: 688, Height: 1000, DeviceScaleFactor: 1}),
			scheme("print", "dark"),
			chromedp.Navigate("file://"+path),
		)
		if err != nil {
			t.Fatal(err)
		}
		commands := ask[struct{ Hidden, All int }](
			t,
			ctx,
			`(() => { const c = [...document.querySelectorAll('details code')];
			return {All: c.length, Hidden: c.filter(e => !e.checkVisibility({contentVisibilityAuto: true}) || e.getBoundingClientRect().height === 0).length}; })()`,
		)
		paper := ask[string](t, ctx, `getComputedStyle(document.body).backgroundColor`)
		tooWide := ask[[]string](
			t, ctx,
			`[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + `+
				`1).map(e => e.tagName + ' ' + e.textContent.slice(0, 40))`,
		)
		pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
		if err != nil {
			t.Fatal(err)
		}
		if commands.Hidden > 0 {
			t.Errorf("%s: %d of %d commands are not on paper", path, commands.Hidden, commands.All)
		}
		if paper != "rgb(255, 255, 255)" {
			t.Errorf("%s: the paper is %s", path, paper)
		}
		if len(tooWide) > 0 {
			t.Errorf("%s: wider than the paper: %q", path, tooWide)
		}
		if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Errorf("%s: %d bytes are no PDF", path, len(pdf))
		}
		if folder := os.Getenv("DTLSSIM_SCREENSHOTS"); folder != "" {
			name := filepath.Base(filepath.Dir(path)) + "-" + filepath.Base(path) + ".pdf"
			if err := os.WriteFile(filepath.Join(folder, name), pdf, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
