package debugbilateral_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// browser is a Chromium without a window, spoken to by its DevTools protocol over two pipes.
type browser struct {
	t        *testing.T
	out      io.Writer
	in       *bufio.Reader
	id       int
	session  string
	problems []string // what the page has complained of: errors, and what its policy has blocked
}

// reply is an answer of the browser, or something that it tells by itself.
type reply struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// newBrowser starts the Chromium of this machine, with one empty page.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium is installed: apt-get install chromium")
	}
	commandsIn, commands, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, answersOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{commandsIn, answersOut} // 3 and 4, as the option says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = commandsIn.Close(), answersOut.Close()
	b := &browser{t: t, out: commands, in: bufio.NewReader(answers)}
	t.Cleanup(func() {
		b.session = ""
		b.do("Browser.close", nil, nil)
		_, _ = io.Copy(io.Discard, b.in)
		_ = cmd.Wait()
		_, _ = commands.Close(), answers.Close()
	})
	var target struct{ TargetID string }
	b.do("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.do(domain+".enable", nil, nil)
	}
	return b
}

// do has the browser do something, and notes what the page complains of meanwhile.
func (b *browser) do(method string, params map[string]any, result any) {
	b.t.Helper()
	b.id++
	command := map[string]any{"id": b.id, "method": method}
	if params != nil {
		command["params"] = params
	}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	text, err := json.Marshal(command)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.out.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		text, err := b.in.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var got reply
		if err := json.Unmarshal(text[:len(text)-1], &got); err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		switch {
		case got.Method == "Log.entryAdded" || got.Method == "Runtime.exceptionThrown" || got.Method == "Runtime.consoleAPICalled":
			b.problems = append(b.problems, string(got.Params))
		case got.ID != b.id:
		case got.Error != nil:
			b.t.Fatalf("%s: %s", method, got.Error.Message)
		default:
			if result != nil {
				if err := json.Unmarshal(got.Result, result); err != nil {
					b.t.Fatalf("%s: %v", method, err)
				}
			}
			return
		}
	}
}

// eval returns the value of an expression on the page, of its promise if it is one.
func eval[T any](b *browser, expression string) (value T) {
	b.t.Helper()
	result := struct {
		Result           struct{ Value *T }
		ExceptionDetails json.RawMessage
	}{}
	result.Result.Value = &value
	b.do("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &result)
	if result.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, result.ExceptionDetails)
	}
	return value
}

// until waits until a condition holds on the page.
func (b *browser) until(condition string) {
	b.t.Helper()
	if !eval[bool](b, fmt.Sprintf(`new Promise((done) => {
		const began = Date.now();
		const holds = () => { try { return %s } catch { return false } }; // what is not there yet
		const look = () => holds() ? done(true) : Date.now() - began > 60000 ? done(false) : setTimeout(look, 20);
		look();
	})`, condition)) {
		b.t.Fatalf("on the page it never comes true that %s:\n%s", condition, eval[string](b, "document.body.innerText"))
	}
}

// open shows an address, as wide as that and in that scheme of colours.
func (b *browser) open(url string, width int, scheme string) {
	b.t.Helper()
	b.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.do("Page.navigate", map[string]any{"url": url}, nil)
	b.until(fmt.Sprintf("location.href === %q && document.readyState === 'complete'", url))
}

// keep writes a picture of the whole page to a file, if the environment names a folder for
// pictures: people have to look at the page too.
func (b *browser) keep(name string) {
	b.t.Helper()
	folder := os.Getenv("BILATERAL_PICTURES")
	if folder == "" {
		return
	}
	var picture struct{ Data string }
	b.do("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &picture)
	png, err := base64.StdEncoding.DecodeString(picture.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(folder+"/"+strings.ReplaceAll(name, " ", "-")+".png", png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
