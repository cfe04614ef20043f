package browser

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// typed puts a text into the editor, as if it had been typed.
const typed = `(text) => {
	const source = document.getElementById("source");
	source.value = text;
	source.setSelectionRange(text.length, text.length);
	source.dispatchEvent(new Event("input", {bubbles: true}));
}`

func TestPlay(t *testing.T) {
	name, err := bilsim()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(name, "play")
	out, err := server.StdoutPipe()
	must(t, err)
	must(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	address, _, _ := strings.Cut(line, " ")

	b := open(t, strings.TrimSpace(address), 1440, "light")
	if n := eval[int](b, `document.getElementById("examples").options.length`); n < 50 {
		t.Errorf("there are %d examples, want the committed scenarios", n)
	}
	b.keep("play-1440-light")

	// An error is shown at its line while it is typed, and the scenario can't be run.
	eval[any](b, "("+typed+`)("bilsim 1\npeers a b\nat 5s crush a")`)
	b.until(`document.getElementById("problem").textContent.includes("line 3: nothing is called \"crush\": did you mean crash?")`)
	b.until(`document.getElementById("rerun").disabled`)
	if got := b.text("problem"); !strings.Contains(got, "3 | at 5s crush a\n  |       ^^^^^") {
		t.Errorf("the place is not shown:\n%s", got)
	}
	// What a statement may go on with is offered, and Tab takes it.
	eval[any](b, "("+typed+`)("bilsim 1\npeers a b\nat 5s cra")`)
	b.until(`document.querySelector("#words li").textContent === "crash"`)
	eval[any](b, `document.getElementById("source").dispatchEvent(new KeyboardEvent("keydown", {key: "Tab", cancelable: true})), null`)
	if got := eval[string](b, `document.getElementById("source").value`); !strings.HasSuffix(got, "at 5s crash ") {
		t.Errorf("after Tab the text is %q", got)
	}
	// A run gives the command line's digest, and a link has the scenario.
	eval[any](b, "("+typed+")("+quoted(story)+")")
	b.until(`document.getElementById("problem").textContent === "" && !document.getElementById("rerun").disabled`)
	eval[any](b, `document.getElementById("rerun").click()`)
	b.until(`document.getElementById("verdict").textContent.includes("E is violated")`)
	if got, want := b.text("digest"), digest(t, story); got != want {
		t.Errorf("the page has digest %s, the command line gives %s", got, want)
	}
	b.keep("play-run-1440-light")
	eval[any](b, `document.getElementById("share").click()`)
	b.until(`location.hash.startsWith("#s=")`)
	link := eval[string](b, "location.hash")
	b.fine()

	// The same page as static files, from disk, by that link.
	folder := t.TempDir()
	run(t, "play", "-o", folder)
	static := open(t, "file://"+filepath.Join(folder, "index.html")+link, 390, "dark")
	if got := eval[string](static, `document.getElementById("source").value`); got != story {
		t.Errorf("the link holds %q", got)
	}
	if wide := eval[int64](static, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("the page is %d pixels wide, in a window of 390", wide)
	}
	static.keep("play-390-dark")
	static.fine()
}
