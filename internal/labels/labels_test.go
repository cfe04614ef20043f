package labels_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/labels"
)

// Many goroutines that ask for many names are given Max labels, and each name the same one.
func TestBounded(t *testing.T) {
	b := labels.Bounded{Max: 3}
	first := [3]string{b.Of("a"), b.Of("b\xff"), b.Of("c")}
	if first != [3]string{"a", "b\uFFFD", "c"} {
		t.Errorf("the labels are %q", first)
	}
	full := labels.Bounded{Max: 50}
	var seen sync.Map
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 200 {
				name := fmt.Sprint((i + g*25) % 200)
				label := full.Of(name)
				if label != name && label != labels.Other {
					t.Errorf("%s has the label %s", name, label)
				}
				seen.Store(label, true)
				if got := b.Of(fmt.Sprint("more", i)); got != labels.Other {
					t.Errorf("there is a fourth label, %s", got)
				}
			}
		})
	}
	group.Wait()
	n := 0
	seen.Range(func(any, any) bool { n++; return true })
	if n != 51 {
		t.Errorf("%d labels, want 50 and Other", n)
	}
	if got := b.Of("b\xff"); got != first[1] {
		t.Errorf("a name has another label later: %q", got)
	}
}

func TestText(t *testing.T) {
	for s, want := range map[string]string{
		"":                             "",
		"Grüß":                         "Grüß",
		"\xff":                         "\uFFFD",
		strings.Repeat("x", 255) + "ü": strings.Repeat("x", 255) + "\uFFFD", // cut within a letter
	} {
		if got := labels.Text(s); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}
