//go:build cgo && libzmq

package libzmq

import (
	"testing"
	"time"
)

func asIs(d time.Duration) time.Duration { return d }

// The faster bytes come, the sooner connections are looked at again, but the longer a look takes,
// the later.
func TestPauseBetweenLooks(t *testing.T) {
	rush := seen{any: true, moved: true, came: rushBytes}
	for _, step := range []struct {
		seen               seen
		before, took, want time.Duration
	}{
		{seen{any: true}, pollActive, 0, 2 * pollActive},
		{seen{any: true}, pollIdle, 0, pollIdle},
		{seen{any: true, moved: true}, pollIdle, 0, pollActive},
		{rush, pollIdle, time.Millisecond, pollRush},
		{rush, pollRush, pollRush, lookShare * pollRush},
		{rush, pollRush, time.Second, pollActive},
		{seen{any: true}, pollRush, 0, 2 * pollRush},
	} {
		a, now := agenda{shortest: asIs, pause: step.before}, time.Unix(1000, 0)
		a.looked(now.Add(-step.took), now, step.seen)
		if got := a.next().Sub(now); got != step.want {
			t.Errorf("%+v behind %v, in %v: %v, want %v", step.seen, step.before, step.took, got, step.want)
		}
	}
}

// However many connections come, and are hung up, in a second, all that there are is looked at
// ten times, and those that linger are looked at each pollEnding.
func TestManyConnectionsAreFewLooks(t *testing.T) {
	a, start := agenda{shortest: asIs}, time.Unix(1000, 0)
	all, lingers := 0, 0
	for now := start; now.Before(start.Add(time.Second)); now = now.Add(time.Millisecond / 2) {
		a.wake(now)
		switch {
		case a.all(now):
			all++
			a.looked(now, now, seen{any: true, moved: true, ending: true})
		case a.ending(now):
			lingers++
			a.lookedAtEnding(now, seen{ending: true})
		}
	}
	if want := int(time.Second / pollActive); all > want || all < want-1 {
		t.Errorf("%d looks at all, want %d", all, want)
	}
	if want := int(time.Second / pollEnding); lingers > want || lingers < want*3/4 {
		t.Errorf("%d looks at those that linger, want up to %d", lingers, want)
	}
}

// Nothing is looked at when there is nothing, until there is.
func TestNoConnectionsAreNoLooks(t *testing.T) {
	a, now := agenda{shortest: asIs}, time.Unix(1000, 0)
	if !a.next().IsZero() || a.all(now) || a.ending(now) {
		t.Error("a look before there was a connection")
	}
	a.wake(now)
	if got := a.next().Sub(now); got != pollEnding {
		t.Errorf("the first look is %v after a connection came, want %v", got, pollEnding)
	}
	a.looked(now, now, seen{})
	if !a.next().IsZero() {
		t.Error("a look when all are gone")
	}
}
