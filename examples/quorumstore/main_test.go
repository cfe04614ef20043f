package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

const want = `five replicas: colour is red
eve has left:  colour is blue
eve is back:   she has ""
two have left: a read of the three others finds blue
and mends eve: she has "blue"
two are left:  nothing can be written, it takes 3
`

func TestTheStory(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out strings.Builder
	if err := story(ctx, &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("it said\n%s\nwant\n%s", &out, want)
	}
}

// Two writers that count to the same number must not leave two values behind.
func TestVersionsAreOrdered(t *testing.T) {
	ordered := []Version{{}, {1, "a"}, {1, "b"}, {2, "a"}}
	for i, v := range ordered {
		for j, w := range ordered {
			if v.Newer(w) != (i > j) {
				t.Errorf("%v newer than %v: %t, want %t", v, w, v.Newer(w), i > j)
			}
		}
	}
}

// A late write of an old value, or a second copy of one, changes nothing.
func TestAReplicaKeepsTheNewest(t *testing.T) {
	r := &Replica{values: map[string]Value{}}
	for _, v := range []Value{{"new", Version{2, "a"}}, {"old", Version{1, "b"}}, {"new", Version{2, "a"}}} {
		if _, err := r.put(t.Context(), Entry{"k", v}); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := r.get(t.Context(), Key{"k"}); got.Text != "new" {
		t.Errorf("it has %v", got)
	}
}
