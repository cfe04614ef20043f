package browser

import (
	"strings"
	"testing"
)

// The story says who is there, what is necessary, and what led there, in sentences that
// lead to their moments; the words that stand on the page are explained, and no others.
func TestTheStory(t *testing.T) {
	b := open(t, report(t, story), 1440, "light")
	for id, want := range map[string]string{
		"means":        "The scenario says itself",
		"people":       "a dials b",
		"needed-title": "Without this it does not happen",
		"needed":       "At 4s the network is cut between {a} and {b", // c is in the smallest scenario or not
		"led":          "a is told by its user to call Echo.Ping at",
		"glossary":     "JOINthe node that has dialled asks",
	} {
		if got := b.text(id); !strings.Contains(got, want) {
			t.Errorf("%s says %q, want %q in it", id, got, want)
		}
	}
	if got := b.text("glossary"); strings.Contains(got, "CAST") || strings.Contains(got, "Limbo") {
		t.Errorf("it explains words that are not there: %q", got)
	}
	eval[any](b, `document.querySelector("#needed button").click()`)
	if got := b.text("now"); !strings.Contains(got, "the network is cut between") || !strings.Contains(got, "-- partition") {
		t.Errorf("the necessary fault leads to %q", got)
	}
	if eval[int](b, `document.querySelectorAll("#led li.violation").length`) != 1 || !strings.Contains(b.text("led"), "✗ ") {
		t.Errorf("the story has no end: %q", b.text("led"))
	}
	eval[any](b, `document.querySelector("#led li.violation button").click()`)
	if !eval[bool](b, `document.querySelector("#steps li.violation").matches("[aria-current=true]")`) {
		t.Error("the end of the story does not lead to the violation")
	}
	b.fine()
}
