package zmqio_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// begin begins a stream of A.B to some peers, and returns the id of its CALLs.
func begin(t *testing.T, ctx context.Context, d *zmqio.Driver, f *fake, to ...string) (s *zmqio.Stream, id uint32) {
	t.Helper()
	s = d.NewStream()
	s.To, s.Method, s.Body, s.Timeout = to, "A.B", append(s.Body[:0], "arg"...), time.Minute
	s.Begin(ctx)
	synctest.Wait()
	for _, m := range f.take() {
		if m.command == core.CALL {
			id = parse(t, m).ID
		}
	}
	return s, id
}

// said is an outcome of which a test may keep all.
func said(o *zmqio.Outcome) string {
	return fmt.Sprintf("%s %v %s%s", o.Peer, o.How, o.Body, o.Err)
}

func TestAStreamGivesOutcomesAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{})
		a, b := f.accept(t, "a"), f.accept(t, "b")
		s, id := begin(t, t.Context(), d, f, "a", "nobody", "b", "a")
		got := make(chan string)
		go func() {
			defer close(got)
			defer s.End()
			for o, ok := s.Next(); ok; o, ok = s.Next() {
				got <- fmt.Sprint(said(o), ", left ", s.Left())
			}
			if err := s.Err(); err != nil {
				got <- err.Error()
			}
		}()
		for _, step := range []struct {
			do   func()
			want string
		}{
			{func() {}, "nobody not-connected , left 2"},
			{func() { f.frame(b, "b", core.BACK, back(id, "A.B", "", "from b"), false) }, "b replied from b, left 1"},
			{func() { f.frame(a, "a", core.BACK, back(id, "A.B", "sorry", ""), true) }, "a failed sorry, left 0"},
		} {
			step.do()
			if text := <-got; text != step.want {
				t.Errorf("got %q, want %q: an outcome should not wait for others", text, step.want)
			}
		}
		if text, more := <-got; more {
			t.Errorf("got %q behind the last outcome", text)
		}
	})
}

// Outcomes that lie for their owner are kept apart from each other, whatever came in by
// the same memory since, and their bytes are the peers' until he goes on.
func TestAStreamKeepsWhatItsOwnerHasNotSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 100 << 10
		d, f, _ := node(t, zmqio.Config{})
		var to []string
		for i := range 5 {
			to = append(to, fmt.Sprint("p", i))
		}
		links := map[string]core.Link{}
		for _, name := range to {
			links[name] = f.accept(t, name)
		}
		s, id := begin(t, t.Context(), d, f, to...)
		for i, name := range to {
			f.frame(links[name], name, core.BACK, back(id, "A.B", "", strings.Repeat(fmt.Sprint(i), size)), i%2 == 0)
		}
		if held := f.config.Budget.Held(); held < 2*5*size {
			t.Errorf("5 replies of %d bytes that nobody has seen count %d, want double", size, held)
		}
		for i, name := range to {
			o, ok := s.Next()
			if !ok || o.Peer != name || string(o.Body) != strings.Repeat(fmt.Sprint(i), size) {
				t.Fatalf("outcome %d is not the one of %s", i, name)
			}
			if held := f.config.Budget.Held(); held > int64(2*(5-i)*size+1000) {
				t.Errorf("%d bytes are held with %d replies left", held, 5-i)
			}
		}
		if _, ok := s.Next(); ok {
			t.Error("an outcome behind the last one")
		}
		s.End()
		if held := f.config.Budget.Held(); held != 0 {
			t.Errorf("%d bytes are held at the end", held)
		}
	})
}

// A stream that its owner leaves is given up at the peers, and leaves nothing.
func TestAStreamThatIsLeftIsGivenUp(t *testing.T) {
	for how, cancel := range map[string]bool{"left": false, "cancelled": true} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, f, _ := node(t, zmqio.Config{})
				a, b := f.accept(t, "a"), f.accept(t, "b")
				for _, l := range []core.Link{a, b} {
					f.frame(l, map[core.Link]string{a: "a", b: "b"}[l], core.MEET, ours, false)
				}
				f.take()
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				s, id := begin(t, ctx, d, f)
				f.frame(a, "a", core.BACK, back(id, "A.B", "", strings.Repeat("x", 100<<10)), true)
				if o, ok := s.Next(); !ok || o.Peer != "a" {
					t.Fatalf("outcome %+v, want the reply of a", o)
				}
				if cancel {
					stop()
					if o, ok := s.Next(); !ok || said(o) != "b canceled " {
						t.Errorf("outcome %+v, want b canceled", o)
					}
					if _, ok := s.Next(); ok || s.Err() != nil {
						t.Errorf("more outcomes, or error %v, want the end", s.Err())
					}
				}
				s.End()
				sent := f.take()
				if len(sent) != 1 || sent[0].command != core.VOID || sent[0].link != b {
					t.Errorf("sent %+v, want VOID to b, whose reply nobody waits for", sent)
				}
				if held, calls := f.config.Budget.Held(), d.Stats().CallsPending; held != 0 || calls != 0 {
					t.Errorf("%d bytes and %d calls are left", held, calls)
				}
			})
		})
	}
}

// ours is a MEET of a node that offers all extensions.
var ours = append([]byte{1, 0, 0, 0, 7}, 1, 2, 3, 4, 5, 6, 7, 8)

func TestAStreamThatCanNotBeMadeSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{Protocol: core.Config{Limits: core.Limits{CallsMax: 1}}})
		f.accept(t, "a")
		first, _ := begin(t, t.Context(), d, f)
		second, id := begin(t, t.Context(), d, f)
		if o, ok := second.Next(); ok || !errors.Is(second.Err(), zmqio.ErrBusy) || id != 0 {
			t.Errorf("beyond the limit of calls: %+v, %v, want ErrBusy and nothing sent", o, second.Err())
		}
		second.End()
		d.Close()
		if o, ok := first.Next(); !ok || o.How != core.Closed {
			t.Errorf("the node is closed: %+v, want an outcome that says so", o)
		}
		if _, ok := first.Next(); ok || !errors.Is(first.Err(), zmqio.ErrClosed) {
			t.Errorf("the node is closed: %v, want ErrClosed", first.Err())
		}
		first.End()
		after, _ := begin(t, t.Context(), d, f)
		if _, ok := after.Next(); ok || !errors.Is(after.Err(), zmqio.ErrClosed) {
			t.Errorf("after the end of the node: %v, want ErrClosed", after.Err())
		}
		after.End()
		unused := d.NewStream()
		unused.End()
	})
}

// answering is a fake whose peers answer every CALL with its arguments.
type answering struct {
	*fake
	sent chan struct{} // gets a token when there may be CALLs to answer
}

func (a answering) Schemes() []string { return []string{"fake"} }

func (a answering) Open(sink zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
	a.sink, a.config = sink, config
	return a, nil
}

func (a answering) Flush() {
	select {
	case a.sent <- struct{}{}:
	default:
	}
}

// answer answers until the channel is closed.
func (a answering) answer(t *testing.T, names map[core.Link]string) {
	for range a.sent {
		for _, m := range a.take() {
			if m.command == core.CALL {
				p := parse(t, m)
				a.frame(m.link, names[m.link], core.BACK, back(p.ID, "A.B", "", string(p.Rest)), false)
			}
		}
	}
}

// Streams are left at every moment, while replies come for them and for calls. Each
// record is used again at once: a token or an outcome of an earlier use would show.
func TestStreamsThatAreLeftAtAnyMoment(t *testing.T) {
	const peers, rounds = 3, 300
	a := answering{&fake{}, make(chan struct{}, 1)}
	d, err := zmqio.New(zmqio.Config{
		Protocol:   core.Config{Name: "node", Network: "network", Seed: 1},
		Transports: []zmqio.Transport{a},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.driver = d
	if _, err := d.Listen("fake://here"); err != nil {
		t.Fatal(err)
	}
	names := map[core.Link]string{}
	for i := range peers {
		name := fmt.Sprint("p", i)
		names[a.accept(t, name)] = name
	}
	var answers, callers sync.WaitGroup
	answers.Go(func() { a.answer(t, names) })
	for caller := range 4 {
		callers.Go(func() {
			for n := range rounds {
				streamOnce(t, d, fmt.Sprint(caller, " stream ", n), peers, 1+n%(peers+1))
			}
		})
		callers.Go(func() {
			for n := range rounds {
				c := d.NewCall()
				c.Method, c.Body, c.Timeout = "A.B", fmt.Append(c.Body[:0], caller, " call ", n), time.Minute
				if err := d.Call(t.Context(), c); err != nil || len(c.Outcomes) != peers {
					t.Errorf("a call beside streams: %d outcomes, %v", len(c.Outcomes), err)
				}
				d.Release(c)
			}
		})
	}
	callers.Wait()
	if s := d.Stats(); s.CallsPending != 0 {
		t.Errorf("%d calls are left", s.CallsPending)
	}
	d.Close()
	close(a.sent)
	answers.Wait()
}

// streamOnce calls all of peers peers, takes at most so many outcomes, and leaves.
func streamOnce(t *testing.T, d *zmqio.Driver, text string, peers, atMost int) {
	s := d.NewStream()
	defer s.End()
	s.Method, s.Body, s.Timeout = "A.B", append(s.Body[:0], text...), time.Minute
	s.Begin(t.Context())
	var from []string
	for len(from) < atMost {
		o, ok := s.Next()
		if !ok {
			break
		}
		if string(o.Body) != text {
			t.Errorf("outcome %v %q of the call %q", o.How, o.Body, text)
		}
		from = append(from, o.Peer)
	}
	slices.Sort(from)
	if n := min(atMost, peers); len(slices.Compact(from)) != n {
		t.Errorf("outcomes from %q, want %d peers", from, n)
	}
}
