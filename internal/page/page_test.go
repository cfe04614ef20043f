package page

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

// example is a page whose names try to be markup.
func example(t *testing.T) *Page {
	t.Helper()
	const evil = `</script><script>alert(1)</script>`
	s, err := sim.Parse("bilsim 1\npeers \"" + evil + "\" b\nat 0s connect b -> \"" + evil + "\"\n")
	if err != nil {
		t.Fatal(err)
	}
	p := picture.Draw(s.Run(sim.RunOptions{}), picture.Options{})
	return &Page{Title: evil, Report: evil, Views: []View{{"run", p}}, Static: "it is a test"}
}

func TestThePageHoldsItsDataAndNothingElse(t *testing.T) {
	p := example(t)
	var out bytes.Buffer
	if err := Write(&out, p); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if n := strings.Count(text, "alert(1)"); n != strings.Count(text, "&lt;script&gt;alert(1)") || n != 3 {
		t.Errorf("names stand in the page %d times, want 3 times, as text only", n)
	}
	if address := regexp.MustCompile(`(src|href|url\()\s*=?\s*["']?(https?:|//)`).FindString(text); address != "" {
		t.Errorf("the page asks for something: %s", address)
	}
	if !strings.Contains(text, "default-src 'none'") {
		t.Error("the page's policy lets it ask for something")
	}
	got, err := Read(out.Bytes())
	if err != nil || got.Static != p.Static || got.Views[0].Picture.Digest != p.Views[0].Picture.Digest {
		t.Errorf("the data is not that of the page: %v", err)
	}
	for _, file := range []string{"", "<html>", dataBegin + "?<", dataBegin + "AAAA<"} {
		if _, err := Read([]byte(file)); err == nil {
			t.Errorf("%q is taken for a page", file)
		}
	}
}

// What was kept for this very program is not built again.
func TestTheSimulationIsKept(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	name, err := cached()
	if err != nil {
		t.Skip(err)
	}
	keep(name, []byte("kept"))
	t.Setenv("PATH", t.TempDir()) // no go command
	if got, err := Wasm(); err != nil || string(got) != "kept" {
		t.Errorf("got %q, %v", got, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(name), "*")); err != nil || len(left) != 1 {
		t.Errorf("in the cache are %q, %v", left, err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if _, err := Wasm(); err == nil || !strings.Contains(err.Error(), "not installed here") {
		t.Errorf("without a go command: %v", err)
	}
}

// Whatever a trace may speak of has its meaning on the page.
func TestTheWordsOfTheProtocolAreExplained(t *testing.T) {
	words, err := files.ReadFile("words.js")
	if err != nil {
		t.Fatal(err)
	}
	want := picture.States()
	want = slices.DeleteFunc(want, func(state string) bool { return state == "Idle" || state == "Active" })
	want = append(want, "JOIN", "STAY", "PART", "TICK", "TOCK", "CALL", "CAST", "BACK", "MEET", "VOID", "WITH")
	if len(want) < 18 {
		t.Fatalf("there are only the words %q", want)
	}
	for _, word := range want {
		if !strings.Contains(string(words), "\n  \""+word+"\": ") {
			t.Errorf("%s is not explained", word)
		}
	}
}
