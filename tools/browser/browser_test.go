package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// bilsim is the program, which is built once for all tests.
var bilsim = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "bilsim")
	out, err := exec.Command("go", "build", "-C", "../..", "-buildvcs=false", "-o", name, "./cmd/bilsim").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return name, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if name, err := bilsim(); err == nil {
		_ = os.RemoveAll(filepath.Dir(name))
	}
	os.Exit(code)
}

// run runs bilsim, whatever it finds, and returns what it prints.
func run(t *testing.T, args ...string) string {
	t.Helper()
	name, err := bilsim()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(name, args...).Output()
	if exit := (*exec.ExitError)(nil); err != nil && !(asExit(err, &exit) && exit.ExitCode() == 1) {
		t.Fatalf("bilsim %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func asExit(err error, exit **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*exit = e
	return ok
}

// written writes a scenario to a file and returns its name.
func written(t *testing.T, scenario string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "story.sim")
	if err := os.WriteFile(name, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// digest returns the digest that the command line gives for a scenario.
func digest(t *testing.T, scenario string) string {
	t.Helper()
	var line struct{ Digest string }
	if err := json.Unmarshal([]byte(run(t, "run", "-json", written(t, scenario))), &line); err != nil {
		t.Fatal(err)
	}
	return line.Digest
}

// report writes the page of a scenario, and returns its address.
func report(t *testing.T, scenario string) string {
	t.Helper()
	folder := t.TempDir()
	run(t, "report", "-o", folder, written(t, scenario))
	pages, err := filepath.Glob(filepath.Join(folder, "story-seed*.html"))
	if err != nil || len(pages) != 1 {
		t.Fatalf("%v %v", pages, err)
	}
	if info, err := os.Stat(pages[0]); err != nil || info.Size() >= 3_000_000 {
		t.Fatalf("the page has %d bytes, which has to be less than 3 MB (%v)", info.Size(), err)
	}
	return "file://" + pages[0]
}

// browser is a Chromium with one page.
type browser struct {
	t        *testing.T
	ctx      context.Context
	mu       sync.Mutex
	problems []string // what the page has complained of
	asked    []string // what it has asked the network for
}

// open starts the Chromium of this machine and shows an address.
func open(t *testing.T, address string, width int64, scheme string) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium is installed: apt-get install -y chromium")
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), chromedp.Headless, chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.NoFirstRun, chromedp.DisableGPU, chromedp.WSURLReadTimeout(3*time.Minute), chromedp.Flag("disable-dev-shm-usage", true))
	t.Cleanup(stop)
	b := &browser{t: t}
	ctx, end := chromedp.NewContext(allocator, chromedp.WithListener(b.hear))
	t.Cleanup(end)
	b.ctx = ctx
	b.do(chromedp.EmulateViewport(width, 900))
	must(t, call(ctx, network.Enable, network.EnableParams{}))
	must(t, call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}))
	b.do(chromedp.Navigate(address))
	b.until(`document.documentElement.dataset.ready === "true"`)
	return b
}

// call sends a command of the protocol, whose result nobody needs.
func call[P, R any](ctx context.Context, c cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(ctx, c, params)
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hear notes what the browser tells by itself.
func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, fmt.Sprintf("%+v %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, fmt.Sprint(e.Type, " ", e.Args))
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "blob:") {
			b.asked = append(b.asked, e.Request.URL)
		}
	}
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, actions...))
}

// text returns what an element says.
func (b *browser) text(id string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf("document.getElementById(%q).textContent", id))
}

// eval returns the value of an expression on the page, of its promise if it is one.
func eval[T any](b *browser, expression string) (value T) {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	must(b.t, err)
	return value
}

// until waits until a condition holds on the page.
func (b *browser) until(condition string) {
	b.t.Helper()
	if !eval[bool](b, fmt.Sprintf(`new Promise((done) => {
		const began = Date.now();
		const look = () => { let is = false; try { is = %s } catch {} ; is ? done(true) : Date.now() - began > 120000 ? done(false) : setTimeout(look, 20) };
		look();
	})`, condition)) {
		b.t.Fatalf("on the page it never comes true that %s:\n%s\n%s", condition, eval[string](b, "document.body.innerText"), b.problems)
	}
}

// fine fails the test if the page has complained, or has asked for anything but itself.
func (b *browser) fine() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.problems) > 0 {
		b.t.Errorf("the page complains: %q", b.problems)
	}
	if len(b.asked) > 1 {
		b.t.Errorf("the page asks the network for %q", b.asked)
	}
}

// keep writes a picture of the whole page to a file, if there is a folder for pictures.
func (b *browser) keep(name string) {
	b.t.Helper()
	folder := os.Getenv("BILATERAL_PICTURES")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	must(b.t, err)
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// quoted writes a text as JavaScript has it.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b)
}
