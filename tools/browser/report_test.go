package browser

import (
	"fmt"
	"strings"
	"testing"
)

// A node crashes while another one calls it, behind a pause that has nothing to do with
// it. A third node is there for nothing.
const story = `bilsim 1
seed 5 model adversarial
peers a b c
at 0s connect a -> b
at 0s connect a -> c
at 2s pause c for 1s
on TICK a->b #2 delay 20ms
at 4s partition {a} | {b c} for 3s
at 5s call a -> all Echo.Ping timeout 2s as k1
expect k1 from b reply
`

func TestTheCursorMoves(t *testing.T) {
	b := open(t, report(t, story), 1440, "light")
	broken := eval[int](b, "page.cursor")
	if got := b.text("verdict"); !strings.Contains(got, "E is violated at") {
		t.Errorf("the page says %q", got)
	}
	for _, c := range []struct {
		key  string
		move int
	}{{"ArrowLeft", -1}, {"ArrowRight", 0}, {"Home", -broken}, {"v", 0}} {
		eval[any](b, fmt.Sprintf("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: %q, bubbles: true, cancelable: true})), null", c.key))
		if got := eval[int](b, "page.cursor"); got != broken+c.move {
			t.Errorf("after %s the cursor is at %d, want %d", c.key, got, broken+c.move)
		}
	}
	before := b.text("now")
	// A click into the picture, near its left edge, goes to an early step.
	eval[any](b, `page.whole(), new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => {
		const canvas = document.getElementById("picture"), at = canvas.getBoundingClientRect();
		for (const type of ["pointerdown", "pointerup"]) {
			canvas.dispatchEvent(new PointerEvent(type, {clientX: at.left + page.layout.gutter + 30, clientY: at.top + 80, pointerId: 1, bubbles: true}));
		}
		drawn(null);
	})))`)
	if got := eval[int](b, "page.cursor"); got >= broken || b.text("now") == before {
		t.Errorf("after a click the cursor is at %d of %d, and it says %q", got, broken, b.text("now"))
	}
	b.fine()
}

// Without the fault the violation goes away; with it the digest is the one of the command
// line; and both are what the command line gives for the same text.
func TestAFaultIsUnticked(t *testing.T) {
	b := open(t, report(t, story), 1440, "light")
	b.choose("as it was run")
	if got, want := b.text("digest"), digest(t, story); got != want {
		t.Errorf("the page has digest %s, the command line gives %s", got, want)
	}
	rerun := func(want string) {
		t.Helper()
		eval[any](b, `document.getElementById("rerun").click()`)
		b.until(fmt.Sprintf(`document.getElementById("outcome").textContent.includes(%q)`, want))
	}
	rerun("The digest is the one of the command line.")
	necessary := eval[string](b, `[...document.querySelectorAll("#lines label.needed")].map((x) => x.textContent).join("|")`)
	if !strings.Contains(necessary, "partition") || strings.Contains(necessary, "pause") {
		t.Errorf("necessary are %s, want the partition and not the pause", necessary)
	}
	untick := func(text string) {
		eval[any](b, fmt.Sprintf(`[...document.querySelectorAll("#lines label")].find((x) => x.textContent.includes(%q)).firstElementChild.click()`, text))
	}
	untick("pause c")
	rerun("E is violated")
	if got, want := b.text("digest"), digest(t, strings.Replace(story, "at 2s pause c for 1s\n", "", 1)); got != want {
		t.Errorf("without the pause the page has digest %s, the command line gives %s", got, want)
	}
	untick("partition")
	rerun("The violation is gone.")
	if got := b.text("verdict"); !strings.HasPrefix(got, "✓") {
		t.Errorf("the verdict is %q", got)
	}
	b.fine()
}

// choose shows one of the runs that came with the page.
func (b *browser) choose(view string) {
	b.t.Helper()
	eval[any](b, fmt.Sprintf(`[...document.querySelectorAll("#views button")].find((x) => x.textContent === %q).click()`, view))
}

func TestSearch(t *testing.T) {
	b := open(t, report(t, story), 1440, "light")
	for _, c := range []struct{ how, a, b, c, want string }{
		{"text", "peer-down", "", "", "step"},
		{"text", "nothing like this", "", "", "0 steps"},
		{"before", "JOIN", "STAY", "", "A was before each of"},
		{"before", "STAY", "JOIN", "", "no A was before the first"},
		{"never", "CALL", "connect", "JOIN", "true: no A in"},
		{"never", "JOIN", "connect", "STAY", "not so: an A in"},
	} {
		eval[any](b, fmt.Sprintf(`(() => {
			for (const [id, value] of [["how", %q], ["term-a", %q], ["term-b", %q], ["term-c", %q]]) document.getElementById(id).value = value;
			document.querySelector("#search button").click();
		})()`, c.how, c.a, c.b, c.c))
		if got := b.text("found"); !strings.Contains(got, c.want) {
			t.Errorf("%s %s %s %s: %q, want %q", c.how, c.a, c.b, c.c, got, c.want)
		}
	}
	b.fine()
}

// The page is as wide as its window, on a telephone too, in both schemes.
func TestThePageFits(t *testing.T) {
	address := report(t, story)
	for _, width := range []int64{390, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			b := open(t, address, width, scheme)
			if wide := eval[int64](b, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("the page is %d pixels wide, in a window of %d", wide, width)
			}
			b.keep(fmt.Sprintf("report-%d-%s", width, scheme))
			b.fine()
		}
	}
}

// On paper the picture is as wide as the sheet, undistorted and on white, whatever the
// screen was; and the screen is as before when that is done.
func TestThePageIsPrinted(t *testing.T) {
	b := open(t, report(t, story), 1440, "dark")
	const look = `(() => {
		page.painter.paint(page);
		const canvas = document.getElementById("picture"), at = (place) => (place - page.left) * page.zoom;
		return {
			Width: canvas.clientWidth, Stretch: canvas.width / canvas.clientWidth / (canvas.height / canvas.clientHeight),
			Ground: [...canvas.getContext("2d").getImageData(4, 4, 1, 1).data].join(), Cursor: at(page.scale.x[page.cursor]) / page.room, End: at(page.scale.width) / page.room,
			Left: page.left, Zoom: page.zoom,
		};
	})()`
	type state struct {
		Width, Stretch, Cursor, End, Left, Zoom float64
		Ground                                  string
	}
	screen := eval[state](b, look)
	eval[any](b, `dispatchEvent(new Event("beforeprint")), null`)
	paper := eval[state](b, look)
	if paper.Width != 700 || paper.Stretch < 0.98 || paper.Stretch > 1.02 || paper.Ground != "255,255,255,255" {
		t.Errorf("on paper the picture is %v wide, stretched by %v, on %s", paper.Width, paper.Stretch, paper.Ground)
	}
	if paper.Cursor < 0 || paper.Cursor > 1 || paper.End < 0.95 {
		t.Errorf("on paper the cursor is at %v of the width, and the run ends at %v of it", paper.Cursor, paper.End)
	}
	b.keep("print")
	eval[any](b, `dispatchEvent(new Event("afterprint")), null`)
	if again := eval[state](b, look); again != screen {
		t.Errorf("after it the picture is %+v, and was %+v", again, screen)
	}
	b.fine()
}

// Only what is visible is drawn, so that a long run is as quick as a short one.
func TestALongRunIsSmooth(t *testing.T) {
	const mesh = "bilsim 1\nseed 1\nlatency 1ms..40ms run 3h\npeers a b c d e f\n"
	var connect strings.Builder
	for i, from := range "abcdef" {
		for _, to := range "abcdef"[i+1:] {
			fmt.Fprintf(&connect, "at 0s connect %c -> %c\n", from, to)
		}
	}
	b := open(t, report(t, mesh+connect.String()+"at 7000s crash b\nexpect active a b at 7100s\n"), 1440, "light")
	b.choose("as it was run")
	shown := eval[int](b, "page.picture.Moments.At.length")
	if shown < 9_000 {
		t.Fatalf("%d moments are shown, want some 10,000", shown)
	}
	if cut := b.text("cut"); !strings.Contains(cut, "around the violation") {
		t.Errorf("it does not say that it is cut: %q", cut)
	}
	const measure = `(() => {
		let least = Infinity; // whatever else this machine does
		for (let i = 0; i < 20; i++) {
			const began = performance.now();
			page.painter.paint(page);
			least = Math.min(least, performance.now() - began);
		}
		return least;
	})()`
	eval[float64](b, measure) // the scripts are compiled meanwhile
	t.Logf("%d moments, near: %.1f ms a picture", shown, eval[float64](b, measure))
	eval[any](b, "page.whole()")
	t.Logf("the whole run: %.1f ms a picture", eval[float64](b, measure))
	eval[any](b, "page.go(page.cursor), page.zoom = 3, page.centre(), page.paint()")
	t.Logf("closer: %.1f ms a picture", eval[float64](b, measure))
	b.keep("long")
	b.fine()
}
