package zmqio_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// wantBack returns the answer to the CALL that was the last thing to happen.
func wantBack(t *testing.T, f *fake) core.Payload {
	t.Helper()
	synctest.Wait()
	s := f.take()
	if len(s) != 1 || s[0].command != core.BACK {
		t.Fatalf("the node sent %+v, want one BACK", s)
	}
	return parse(t, s[0])
}

// The arguments of requests, and what handlers say that they use, are bounded for a
// peer; who wants more hears "overloaded", others are served, and all is given back.
func TestRequestsAreChargedToTheirPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 100 << 10
		gate := make(chan struct{})
		d, f, _ := node(t, zmqio.Config{
			PeerBytesMax: 5 * size, NodeBytesMax: 20 * size,
			Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
				switch string(r.Method) {
				case "Wait":
					<-gate
				case "Charge":
					return dst, r.Charge(size)
				case "ChargeTooMuch":
					return dst, errors.Join(r.Charge(size), r.Charge(2*size))
				}
				return dst, nil
			},
		})
		greedy, modest := f.accept(t, "greedy"), f.accept(t, "modest")
		large := strings.Repeat("x", size)
		for id := range uint32(2) {
			f.frame(greedy, "greedy", core.CALL, request(id+1, "Wait", large), id == 1)
		}
		synctest.Wait()
		if held := f.config.Budget.Held(); held < 4*size || held > 4*size+1000 {
			t.Errorf("two arguments of %d bytes count %d, want double", size, held)
		}
		f.frame(greedy, "greedy", core.CALL, request(3, "Wait", large), false)
		if p := wantBack(t, f); !strings.HasPrefix(string(p.Err), "overloaded") {
			t.Errorf("beyond its share a peer hears %q, want overloaded", p.Err)
		}
		f.frame(greedy, "greedy", core.CALL, request(4, "Small", "x"), false)
		if p := wantBack(t, f); len(p.Err) != 0 {
			t.Errorf("a small request of the same peer is answered with %q", p.Err)
		}
		f.frame(modest, "modest", core.CALL, request(1, "Charge", large), false)
		if p := wantBack(t, f); len(p.Err) != 0 {
			t.Errorf("another peer is answered with %q", p.Err)
		}
		f.frame(modest, "modest", core.CALL, request(2, "ChargeTooMuch", large), false)
		if p := wantBack(t, f); !strings.HasPrefix(string(p.Err), "overloaded") {
			t.Errorf("a handler that may not use more answers %q", p.Err)
		}
		close(gate)
		synctest.Wait()
		if held, serving := f.config.Budget.Held(), d.Stats().Serving; held != 0 || serving != 0 {
			t.Errorf("%d bytes are held for %d requests at the end", held, serving)
		}
	})
}

// A reply beyond its peer's share is dropped when it comes, and its outcome says so.
func TestRepliesAreChargedToTheirPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 100 << 10
		d, f, _ := node(t, zmqio.Config{PeerBytesMax: 3 * size, NodeBytesMax: 20 * size})
		f.accept(t, "a")
		calls := make(chan *zmqio.Call, 2)
		call := func() {
			c := d.NewCall()
			c.Method, c.Timeout = "M", time.Second
			if err := d.Call(t.Context(), c); err != nil {
				t.Error(err)
			}
			calls <- c
		}
		reply := func() *zmqio.Call {
			go call()
			synctest.Wait()
			s := f.take()
			f.frame(s[0].link, "a", core.BACK, back(parse(t, s[0]).ID, "M", "", strings.Repeat("x", size)), true)
			return <-calls
		}
		first, second := reply(), reply()
		if o := &first.Outcomes[0]; o.TooMuch || len(o.Body) != size {
			t.Errorf("the first reply has %d bytes, too much %v", len(o.Body), o.TooMuch)
		}
		if o := &second.Outcomes[0]; !o.TooMuch || o.Body != nil {
			t.Errorf("the second reply has %d bytes, too much %v", len(o.Body), o.TooMuch)
		}
		if err := first.Outcomes[0].Charge(size); !errors.Is(err, zmqio.ErrOverloaded) {
			t.Errorf("a value beyond the share: %v", err)
		}
		d.Release(first)
		if third := reply(); third.Outcomes[0].TooMuch {
			t.Error("what was given back is still counted")
		} else {
			d.Release(third)
		}
		d.Release(second)
		if held := f.config.Budget.Held(); held != 0 {
			t.Errorf("%d bytes are held at the end", held)
		}
	})
}

// What a handler returns is charged from then on, in place of the arguments, until the
// transport has it: a reply or an error text beyond the peer's share is dropped, and the
// caller hears that the handler has run.
func TestAnswersAreChargedToTheirPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 100 << 10
		d, f, _ := node(t, zmqio.Config{
			PeerBytesMax: 5 * size, NodeBytesMax: 20 * size,
			Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
				switch string(r.Method) {
				case "TooMuch":
					return append(dst, make([]byte, 3*size)...), nil
				case "Complain":
					return dst, errors.New(strings.Repeat("x", 3*size))
				case "Panic":
					panic(strings.Repeat("x", 3*size))
				}
				return append(dst, make([]byte, 2*size)...), r.Charge(2 * size / 2)
			},
		})
		link := f.accept(t, "greedy")
		for id, method := range []string{"TooMuch", "Complain", "Panic"} {
			f.frame(link, "greedy", core.CALL, request(uint32(id)+1, method, "x"), false)
			if p := wantBack(t, f); !strings.HasPrefix(string(p.Err), "overloaded: the handler has run") || len(p.Rest) != 0 {
				t.Errorf("%s: the caller hears %.60q, with %d bytes behind it", method, p.Err, len(p.Rest))
			}
		}
		for id := range uint32(5) { // each gives back what it took, the arguments first
			f.frame(link, "greedy", core.CALL, request(id+10, "Fits", strings.Repeat("x", size)), true)
			if p := wantBack(t, f); len(p.Err) != 0 || len(p.Rest) != 2*size {
				t.Errorf("a reply that fits in: %.60q, %d bytes", p.Err, len(p.Rest))
			}
		}
		if held := f.config.Budget.Held(); held != 0 {
			t.Errorf("%d bytes are held for %d requests at the end", held, d.Stats().Serving)
		}
	})
}

// A reply for which a transport has no room becomes an error text, which may fit in, so
// that its caller need not wait for nothing.
func TestARefusedReplyIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 100 << 10
		d, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
			if string(r.Method) == "Complain" {
				return dst, errors.New(strings.Repeat("x", size))
			}
			return append(dst, make([]byte, size)...), nil
		}})
		f.roomMax = size
		link := f.accept(t, "slow")
		for id, method := range []string{"Give", "Complain"} {
			f.frame(link, "slow", core.CALL, request(uint32(id)+1, method, "x"), false)
			if p := wantBack(t, f); p.ID != uint32(id)+1 || string(p.Method) != method || !strings.HasPrefix(string(p.Err), "overloaded: the handler has run") {
				t.Errorf("%s: the caller hears of call %d of %s %.60q", method, p.ID, p.Method, p.Err)
			}
		}
		if lost := d.Stats().RepliesLost; lost != 0 {
			t.Errorf("%d replies are counted as lost, though they were told of", lost)
		}
	})
}
