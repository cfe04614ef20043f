package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withWasm runs a command whose pages get a simulation that is none.
func withWasm(args ...string) (code int, out, complaint string) {
	var o, e bytes.Buffer
	wasm := func() ([]byte, error) { return []byte("a simulation"), nil }
	code = dispatch(&console{in: strings.NewReader(""), out: &o, err: &e, wasm: wasm}, args)
	return code, o.String(), e.String()
}

func TestAReportIsWrittenOfEveryRun(t *testing.T) {
	folder := t.TempDir()
	names := files(t, holds, fails)
	code, out, complaint := withWasm("report", "-o", folder, names[0], names[1])
	if code != exitFine || !strings.Contains(out, "nothing was found") || !strings.Contains(out, "E at 2.000000000s") {
		t.Errorf("exit status %d\n%s%s", code, out, complaint)
	}
	if code, out, complaint := withWasm("report", "-o", folder, "-seed", "3", "-model", "adversarial"); code != exitFine {
		t.Errorf("exit status %d\n%s%s", code, out, complaint)
	}
	simulation := base64.StdEncoding.EncodeToString([]byte("a simulation"))
	for _, name := range []string{"a-seed0.html", "b-seed0.html", "adversarial-seed3.html"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !strings.Contains(string(text), `id="wasm">`+simulation+"<") {
			t.Errorf("%s has no simulation in it, or is not there: %v", name, err)
		}
	}
	for _, args := range [][]string{{"report"}, {"report", "-seed", "3", names[0]}, {"report", "-seed", "3", "-model", "x"}} {
		if code, out, complaint := withWasm(args...); code != exitUsage || complaint == "" {
			t.Errorf("%v: exit status %d\n%s%s", args, code, out, complaint)
		}
	}
}

func TestAPageWithoutASimulationIsAPicture(t *testing.T) {
	folder := t.TempDir()
	code, _, complaint := bilsim(t, "", "report", "-o", folder, files(t, holds)[0])
	if text, err := os.ReadFile(filepath.Join(folder, "a-seed0.html")); code != exitFine || err != nil || !strings.Contains(string(text), `id="wasm"></script>`) {
		t.Errorf("exit status %d, %v", code, err)
	}
	if !strings.Contains(complaint, "the page is a picture only") {
		t.Errorf("it complains %q", complaint)
	}
}

// A page that would be too large shows fewer steps.
func TestAPageIsLessThanThreeMegabytes(t *testing.T) {
	var o, e bytes.Buffer
	wasm := func() ([]byte, error) { return make([]byte, 2_150_000), nil } // 2.87 MB in the page
	folder := t.TempDir()
	names := files(t, "bilsim 1\nrun 2h\npeers a b c d e f g h\nat 0s connect a -> b\nat 0s connect a -> c\nat 0s connect a -> d\nat 0s connect a -> e\n"+
		"at 0s connect b -> c\nat 0s connect b -> d\nat 0s connect c -> d\nat 0s connect f -> g\nat 0s connect g -> h\nat 0s connect f -> h\n")
	c := &console{in: strings.NewReader(""), out: &o, err: &e, wasm: wasm}
	if code := dispatch(c, []string{"report", "-o", folder, names[0]}); code != exitFine {
		t.Fatalf("exit status %d\n%s%s", code, &o, &e)
	}
	info, err := os.Stat(filepath.Join(folder, "a-seed0.html"))
	if err != nil || info.Size() >= 3_000_000 || info.Size() < 2_800_000 {
		t.Errorf("the page has %d bytes, %v", info.Size(), err)
	}
}

func TestPlayIsAFolderOrServedHere(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "play")
	code, out, complaint := withWasm("play", "-o", folder, files(t, holds)[0])
	text, err := os.ReadFile(filepath.Join(folder, "index.html"))
	if code != exitFine || err != nil || strings.TrimSpace(out) != filepath.Join(folder, "index.html") {
		t.Fatalf("exit status %d, %v\n%s%s", code, err, out, complaint)
	}
	if code, _, complaint := withWasm("play", "-listen", "192.0.2.1:0"); code != exitUsage || !strings.Contains(complaint, "of this machine only") {
		t.Errorf("exit status %d, %s", code, complaint)
	}
	l, err := loopback("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- serve(ctx, l, string(text)) }()
	for path, want := range map[string]int{"/": http.StatusOK, "/etc/passwd": http.StatusNotFound} {
		r, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if r.StatusCode != want || err != nil || want == http.StatusOK && !bytes.Equal(got, text) {
			t.Errorf("%s: status %d, %d bytes, %v", path, r.StatusCode, len(got), err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
