package zmqio_test

import (
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// reading is a goroutine that reads a link of a fake transport, and those that take over from it.
type reading struct {
	f      *fake
	link   core.Link
	frames chan []frame // what the link brings, at a time
	turns  atomic.Int32 // goroutines that have read it
	ended  chan struct{}
}

// frame is one message of "peer".
type frame struct {
	command core.Command
	payload []byte
}

// read has the link of peer read, until its frames are closed.
func read(t *testing.T, f *fake) *reading {
	t.Helper()
	r := &reading{f: f, link: f.accept(t, "peer"), frames: make(chan []frame), ended: make(chan struct{})}
	r.start()
	return r
}

func (r *reading) start() {
	r.turns.Add(1)
	go r.readOn(r.f.sink.(zmqio.Inliner).Inline(r.start))
}

func (r *reading) readOn(n *zmqio.Inline) {
	for frames := range r.frames {
		r.f.sink.Lock()
		for _, m := range frames {
			r.f.sink.Frame(r.link, "peer", []byte(m.command.String()), m.payload, false)
		}
		n.UnlockAndDispatch()
		if !n.Serve() {
			return
		}
	}
	n.Leave()
	close(r.ended)
}

// calls returns one CALL for each method, with ids from 1.
func calls(methods ...string) (frames []frame) {
	for i, m := range methods {
		frames = append(frames, frame{core.CALL, request(uint32(1+i), m, "")})
	}
	return frames
}

// answered returns the ids of the calls that were answered since it was asked last, sorted.
func answered(t *testing.T, f *fake) (ids []uint32) {
	t.Helper()
	for _, s := range f.take() {
		if s.command == core.BACK {
			ids = append(ids, parse(t, s).ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func wantAnswered(t *testing.T, f *fake, when string, want ...uint32) {
	t.Helper()
	if got := answered(t, f); !slices.Equal(got, want) {
		t.Errorf("%s, the calls %v were answered, want %v", when, got, want)
	}
}

// aReader runs a story with one reader, whose handlers of A.Block and A.BlockToo wait for free.
func aReader(t *testing.T, config zmqio.Config, story func(t *testing.T, d *zmqio.Driver, f *fake, r *reading, free chan<- struct{})) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		config.Handler = func(dst []byte, r *zmqio.Request) ([]byte, error) {
			switch string(r.Method) {
			case "A.Block", "A.BlockToo":
				<-free
			case "A.Exit":
				runtime.Goexit()
			case "A.Panic":
				panic("no")
			}
			return append(dst, r.Method...), nil
		}
		d, f, _ := node(t, config)
		r := read(t, f)
		story(t, d, f, r, free)
		close(r.frames)
		<-r.ended
	})
}

func TestQuickHandlersRunWhereTheyAreRead(t *testing.T) {
	aReader(t, zmqio.Config{}, func(t *testing.T, d *zmqio.Driver, f *fake, r *reading, _ chan<- struct{}) {
		f.sink.Lock()
		before := f.flushes
		f.sink.UnlockAndDispatch()
		r.frames <- calls("A.B", "A.C", "A.Panic", "A.D")
		synctest.Wait()
		wantAnswered(t, f, "after one read", 1, 2, 3, 4)
		f.sink.Lock()
		flushes := f.flushes - before
		f.sink.UnlockAndDispatch()
		if s := d.Stats(); s.Workers != 0 || flushes != 1 || r.turns.Load() != 1 {
			t.Errorf("%d goroutines of the pool, %d flushes, %d readers; want 0, 1 and 1", s.Workers, flushes, r.turns.Load())
		}
	})
}

// A handler that takes long costs its goroutine, and the others a millisecond.
func TestALinkIsReadBehindAHandlerThatWaits(t *testing.T) {
	aReader(t, zmqio.Config{}, func(t *testing.T, d *zmqio.Driver, f *fake, r *reading, free chan<- struct{}) {
		r.frames <- calls("A.B", "A.Block")
		time.Sleep(2 * time.Millisecond) // of the bubble
		wantAnswered(t, f, "while a handler waits", 1)
		r.frames <- []frame{
			{core.CALL, request(3, "A.C", "")}, {core.CALL, request(4, "A.BlockToo", "")}, {core.CALL, request(5, "A.D", "")},
		}
		time.Sleep(2 * time.Millisecond)
		wantAnswered(t, f, "while two handlers wait", 3, 5)
		r.frames <- []frame{{core.CALL, request(9, "A.E", "")}}
		synctest.Wait()
		wantAnswered(t, f, "meanwhile", 9)
		if n := r.turns.Load(); n != 3 {
			t.Errorf("%d goroutines have read the link, want 3", n)
		}
		free <- struct{}{}
		free <- struct{}{}
		synctest.Wait()
		wantAnswered(t, f, "when the handlers have returned", 2, 4)
	})
}

// Nor does a second request for a method of which nothing is known yet, as it has not ended once.
func TestOneHandlerTellsHowQuickAMethodIs(t *testing.T) {
	aReader(t, zmqio.Config{}, func(t *testing.T, d *zmqio.Driver, f *fake, r *reading, free chan<- struct{}) {
		r.frames <- calls("A.Block")
		time.Sleep(2 * time.Millisecond) // of the bubble: another goroutine reads
		r.frames <- []frame{{core.CALL, request(2, "A.Block", "")}, {core.CALL, request(3, "A.B", "")}}
		synctest.Wait()
		wantAnswered(t, f, "while two handlers wait", 3)
		if n := r.turns.Load(); n != 2 {
			t.Errorf("%d goroutines have read the link, want 2", n)
		}
		free <- struct{}{}
		free <- struct{}{}
		synctest.Wait()
		wantAnswered(t, f, "when the handlers have returned", 1, 2)
	})
}

// Such a method does not hold the link up again.
func TestASlowMethodStartsElsewhere(t *testing.T) {
	aReader(t, zmqio.Config{}, func(t *testing.T, _ *zmqio.Driver, f *fake, r *reading, free chan<- struct{}) {
		r.frames <- calls("A.Block")
		time.Sleep(time.Second) // of the bubble
		free <- struct{}{}
		synctest.Wait()
		wantAnswered(t, f, "when the first handler has returned", 1)
		r.frames <- []frame{{core.CALL, request(7, "A.Block", "")}, {core.CALL, request(8, "A.B", "")}}
		synctest.Wait()
		wantAnswered(t, f, "at once", 8)
		if n := r.turns.Load(); n != 2 {
			t.Errorf("%d goroutines have read the link, want 2: no more than the first handler cost", n)
		}
		free <- struct{}{}
		synctest.Wait()
		wantAnswered(t, f, "when it has returned", 7)
	})
}

func TestALinkIsReadBehindAHandlerThatEndsItsGoroutine(t *testing.T) {
	aReader(t, zmqio.Config{}, func(t *testing.T, _ *zmqio.Driver, f *fake, r *reading, _ chan<- struct{}) {
		r.frames <- calls("A.B", "A.Exit", "A.C")
		r.frames <- []frame{{core.CALL, request(9, "A.D", "")}}
		synctest.Wait()
		wantAnswered(t, f, "at the end", 1, 2, 3, 9)
		if n := r.turns.Load(); n != 2 {
			t.Errorf("%d goroutines have read the link, want 2", n)
		}
	})
}

func TestHandlersRunWhereTheConfigurationSays(t *testing.T) {
	for _, c := range []struct {
		handlers zmqio.Handlers
		method   string
		readers  int32
		workers  int
	}{
		{zmqio.HandlersPooled, "A.B", 1, 1},
		{zmqio.HandlersInline, "A.B", 1, 0},
		{zmqio.HandlersInline, "A.Block", 2, 0}, // whatever it takes, and again
	} {
		aReader(t, zmqio.Config{Handlers: c.handlers}, func(t *testing.T, d *zmqio.Driver, f *fake, r *reading, free chan<- struct{}) {
			for id := range uint32(2) {
				before := r.turns.Load()
				r.frames <- []frame{{core.CALL, request(1+id, c.method, "")}}
				time.Sleep(2 * time.Millisecond) // of the bubble
				if strings.HasSuffix(c.method, "Block") {
					free <- struct{}{}
					synctest.Wait()
				}
				if n := r.turns.Load() - before + 1; n != c.readers || d.Stats().Workers != c.workers {
					t.Errorf("%v, %s: %d readers and %d goroutines of the pool, want %d and %d",
						c.handlers, c.method, n, d.Stats().Workers, c.readers, c.workers)
				}
			}
			wantAnswered(t, f, "at the end", 1, 2)
		})
	}
}

// A handler may end the node whose link nobody reads meanwhile.
func TestAHandlerThatIsReadWithMayCloseTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d *zmqio.Driver
		d, f, _ := node(t, zmqio.Config{Handlers: zmqio.HandlersInline, Handler: func(dst []byte, _ *zmqio.Request) ([]byte, error) {
			d.Close()
			return dst, nil
		}})
		r := read(t, f)
		r.frames <- calls("A.B", "A.C")
		time.Sleep(time.Second) // of the bubble
		close(r.frames)         // which only another reader notices
		<-r.ended
		d.Close()
	})
}

// What was read and not served when the link ends is served, too.
func TestRequestsOutliveTheirLink(t *testing.T) {
	aReader(t, zmqio.Config{}, func(t *testing.T, d *zmqio.Driver, f *fake, r *reading, _ chan<- struct{}) {
		n := f.sink.(zmqio.Inliner).Inline(func() { t.Error("nobody has to take over") })
		f.sink.Lock()
		for _, m := range calls("A.B", "A.C") {
			f.sink.Frame(r.link, "peer", []byte(m.command.String()), m.payload, false)
		}
		n.UnlockAndDispatch()
		if n.Len() != 2 {
			t.Errorf("%d requests are kept, want 2", n.Len())
		}
		wantAnswered(t, f, "before")
		n.Leave()
		synctest.Wait()
		wantAnswered(t, f, "behind", 1, 2)
	})
}
