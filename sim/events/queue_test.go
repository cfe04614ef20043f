package events

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheQueueReturnsItemsByTimeThenByOrderOfPushing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue
		var last Item
		popped := false
		for range rapid.IntRange(1, 300).Draw(t, "operations") {
			if q.Len() == 0 || rapid.Bool().Draw(t, "push") {
				at := time.Duration(rapid.IntRange(0, 20).Draw(t, "at"))
				if popped {
					at += last.At
				}
				q.Push(at, 1, 0)
				continue
			}
			first := *q.First()
			it := q.Pop()
			if it != first {
				t.Fatalf("popped (%v, %d), but (%v, %d) was first", it.At, it.seq, first.At, first.seq)
			}
			if popped && it.before(&last) {
				t.Fatalf("popped (%v, %d) after (%v, %d)", it.At, it.seq, last.At, last.seq)
			}
			last, popped = it, true
		}
	})
}

func TestAQueueWithRoomDoesNotAllocate(t *testing.T) {
	var q Queue
	round := func() {
		for i := range 100 {
			q.Push(time.Duration(i*7%13), 1, int32(i))
		}
		for q.Len() > 0 {
			q.Pop()
		}
	}
	round()
	if n := testing.AllocsPerRun(10, round); n != 0 {
		t.Errorf("a round of pushes and pops made %v allocations", n)
	}
}

func TestACloneOfAQueueGoesOnByItself(t *testing.T) {
	var q Queue
	q.Push(1, 1, 10)
	q.Push(2, 1, 20)
	c := q.Clone()
	q.Pop()
	q.Push(0, 1, 30)
	if it := c.Pop(); c.Len() != 1 || it.Ref != 10 {
		t.Errorf("the clone has %d items left behind %d, want 1 behind 10", c.Len(), it.Ref)
	}
}
