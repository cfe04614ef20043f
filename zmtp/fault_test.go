package zmtp

import (
	"strings"
	"testing"
)

// Every fault has a text of its own, and what is no fault says its number.
func TestFaultTexts(t *testing.T) {
	t.Parallel()
	seen := map[string]Fault{}
	for f := Fault(1); f < faultCount; f++ {
		text := f.Error()
		if other, twice := seen[text]; twice || strings.HasSuffix(text, ": ") {
			t.Errorf("faults %d and %d both say %q", f, other, text)
		}
		seen[text] = f
	}
	if got := faultCount.Error(); !strings.Contains(got, "fault ") {
		t.Errorf("no fault says %q", got)
	}
}
