package zmqio_test

import (
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// UsesBuffers implements buffers.User: payloads that the fake reports with keep are the node's,
// and nobody looks at them again.
func (f *fake) UsesBuffers() {}

// give reports a message whose payload is the node's.
func (f *fake) give(link core.Link, name string, command core.Command, payload []byte) {
	f.sink.Lock()
	defer f.sink.UnlockAndDispatch()
	f.sink.Frame(link, name, []byte(command.String()), payload, true)
}

// payloadBytes is a size that no other test uses.
const payloadBytes = 77_777

// large makes a payload of that size of a message.
func large(t *testing.T, message func(text string) []byte) []byte {
	t.Helper()
	before := debug.SetGCPercent(-1) // collections empty the pool
	t.Cleanup(func() { debug.SetGCPercent(before) })
	short := message("")
	return append(make([]byte, 0, payloadBytes), message(strings.Repeat("x", payloadBytes-len(short)))...)
}

// isFree says whether the pool has the memory of payload, which it does not have afterwards.
func isFree(payload []byte) (found bool) {
	for {
		b := buffers.Process.Get(payloadBytes)
		switch {
		case &b[:1][0] == &payload[0]:
			return true
		case cap(b) != payloadBytes:
			return false // a new one: the pool has no more that fit
		}
		defer buffers.Process.Put(b)
	}
}

// The payload of a request is free once its handler has returned, and not before.
func TestThePayloadOfARequestIsUsedAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply func(dst []byte, r *zmqio.Request) []byte
		again bool
	}{
		{"a reply of its own", func(dst []byte, _ *zmqio.Request) []byte { return append(dst, "reply"...) }, true},
		{"the argument is the reply", func(_ []byte, r *zmqio.Request) []byte { return r.Body }, false},
		{"a part of the argument is the reply", func(_ []byte, r *zmqio.Request) []byte { return r.Body[5:10] }, false},
		{"a panic", func([]byte, *zmqio.Request) []byte { panic("as it has to be") }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			payload := large(t, func(text string) []byte { return request(7, "A.B", text) })
			synctest.Test(t, func(t *testing.T) {
				during, goOn := make(chan bool), make(chan bool)
				_, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
					during <- isFree(payload)
					<-goOn
					return c.reply(dst, r), nil
				}})
				link := f.accept(t, "peer")
				f.give(link, "peer", core.CALL, payload)
				if <-during {
					t.Error("others can have the payload while its handler runs")
				}
				close(goOn)
				synctest.Wait()
				if again := isFree(payload); again != c.again {
					t.Errorf("others can have the payload afterwards: %v, want %v", again, c.again)
				}
			})
		})
	}
}

// muteClock is a clock that goes, and wakes nobody.
type muteClock struct{ *clock.Mock }

// AfterFunc implements zmqio.Clock.
func (c muteClock) AfterFunc(time.Duration, func()) *clock.Timer {
	return c.Mock.AfterFunc(1<<62, func() {})
}

// The payload of a reply is free once the call is given back, and not before; that of a
// message that nobody waits for is free at once.
func TestThePayloadOfAReplyIsUsedAgain(t *testing.T) {
	var id uint32
	payload := large(t, func(text string) []byte { return back(id, "A.B", "", text) })
	synctest.Test(t, func(t *testing.T) {
		mute := muteClock{clock.NewMock()}
		d, f := nodeWithClock(t, zmqio.Config{}, mute)
		link := f.accept(t, "peer")
		c, late := d.NewCall(), d.NewCall()
		for _, call := range []*zmqio.Call{c, late} {
			call.To, call.Method, call.Timeout = []string{"peer"}, "A.B", time.Second
		}
		done, ended := make(chan error), make(chan error)
		late.Timeout = time.Millisecond
		go func() { ended <- d.Call(t.Context(), late) }()
		synctest.Wait()
		go func() { done <- d.Call(t.Context(), c) }()
		synctest.Wait()
		id = parse(t, f.take()[1]).ID
		payload = append(payload[:0], back(id, "A.B", "", strings.Repeat("x", payloadBytes-200))...)
		// Time is up for the other call in the very step that brings this reply.
		mute.Add(2 * time.Millisecond)
		f.give(link, "peer", core.BACK, payload)
		if err := <-done; err != nil || len(c.Outcomes) != 1 || c.Outcomes[0].How != core.Replied {
			t.Fatalf("%v, outcomes %v", err, c.Outcomes)
		}
		if err := <-ended; err != nil || late.Outcomes[0].How != core.Silent {
			t.Fatalf("%v, outcomes %v", err, late.Outcomes)
		}
		d.Release(late)
		if isFree(payload) {
			t.Error("others can have the payload while its call is read")
		}
		d.Release(c)
		if !isFree(payload) {
			t.Error("nobody can have the payload after Release")
		}
		f.give(link, "peer", core.BACK, payload)
		if !isFree(payload) {
			t.Error("nobody can have the payload of a reply that nobody waits for")
		}
	})
}

// The payload of an outcome of a stream is free once Next goes on, or the stream ends.
func TestThePayloadOfAnOutcomeIsUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{})
		a, b := f.accept(t, "a"), f.accept(t, "b")
		s, id := begin(t, t.Context(), d, f, "a", "b")
		first := large(t, func(text string) []byte { return back(id, "A.B", "", text) })
		second := large(t, func(text string) []byte { return back(id, "A.B", "", text) })
		f.give(a, "a", core.BACK, first)
		f.give(b, "b", core.BACK, second)
		for range 2 {
			if _, ok := s.Next(); !ok {
				t.Fatal("the stream has ended")
			}
			if isFree(second) {
				t.Error("others can have the payload of an outcome that is to come, or is looked at")
			}
		}
		if !isFree(first) {
			t.Error("nobody can have the payload of an outcome that is over")
		}
		s.End()
		if !isFree(second) {
			t.Error("nobody can have the payload of the last outcome after End")
		}
	})
}
