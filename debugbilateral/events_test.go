package debugbilateral_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/debugbilateral"
)

// recorder is a recorder that may be looked at while it is written to.
type recorder struct {
	*httptest.ResponseRecorder
	mu sync.Mutex
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ResponseRecorder.Write(b)
}

func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Body.String()
}

// listener is a client of /events.
type listener struct {
	w     *recorder
	leave context.CancelFunc
	done  chan struct{}
	read  int
}

// listen begins to read h's events.
func listen(t *testing.T, h http.Handler) *listener {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{w: &recorder{ResponseRecorder: httptest.NewRecorder()}, leave: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		h.ServeHTTP(l.w, httptest.NewRequestWithContext(ctx, "GET", "/events", nil))
	}()
	t.Cleanup(func() { cancel(); <-l.done })
	return l
}

func (l *listener) text() string { return l.w.text() }

// fresh returns what has come since it was called last.
func (l *listener) fresh() string {
	text := l.text()[l.read:]
	l.read += len(text)
	return text
}

// wait returns all when the stream has ended.
func (l *listener) wait() string {
	<-l.done
	return l.text()
}

func (l *listener) over() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// settle lets the time of the bubble pass.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestEventsTellWhatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newNode(t, bilateralrpc.Config{Name: "hub"}, "inproc://streamed")
		h := debugbilateral.Handler(hub)
		l := listen(t, h)
		synctest.Wait()
		if first := l.fresh(); !strings.Contains(first, "event: state\ndata: {") || !strings.Contains(first, `"peers":[]`) {
			t.Errorf("the stream begins with %q", first)
		}
		if kind := l.w.Header().Get("Content-Type"); kind != "text/event-stream" {
			t.Errorf("the stream is %q", kind)
		}
		settle(10 * time.Second)
		if quiet := l.fresh(); quiet != "" {
			t.Errorf("nothing has changed, and %q was sent", quiet)
		}
		settle(10 * time.Second)
		if beat := l.fresh(); beat != ": nothing new\n\n" {
			t.Errorf("after 20 quiet seconds %q was sent, want a comment", beat)
		}
		guest := newNode(t, bilateralrpc.Config{Name: "guest"})
		join(t, guest, hub)
		settle(time.Second)
		if up := l.fresh(); !strings.Contains(up, `"kind":"up","name":"guest"`) || !strings.Contains(up, `"active":true`) {
			t.Errorf("a peer came, and the stream has %q", up)
		}
		guest.Close()
		settle(time.Second)
		if down := l.fresh(); !strings.Contains(down, `"kind":"down","name":"guest"`) || !strings.Contains(down, `"cause":"parted"`) {
			t.Errorf("a peer went, and the stream has %q", down)
		}
		hub.Close()
		synctest.Wait()
		if !l.over() || !strings.Contains(l.fresh(), `"closed":true`) {
			t.Error("the stream does not end with the node")
		}
	})
}

// However much happens, a stream has at most one state a second.
func TestEventsAreNotAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newNode(t, bilateralrpc.Config{Name: "hub"}, "inproc://flooded")
		l := listen(t, debugbilateral.Handler(hub))
		begun := time.Now()
		for range 40 {
			guest := newNode(t, bilateralrpc.Config{Name: "guest"})
			join(t, guest, hub)
			guest.Close()
			settle(100 * time.Millisecond)
		}
		seconds := int(time.Since(begun) / time.Second)
		if n := strings.Count(l.text(), "event: state"); n < 2 || n > seconds+1 {
			t.Errorf("%d states were sent in %d seconds", n, seconds)
		}
	})
}

func TestEventsEndWithTheClientAndAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := debugbilateral.Handler(newNode(t, bilateralrpc.Config{Name: "hub"}))
		var all []*listener
		for range 16 {
			all = append(all, listen(t, h))
		}
		synctest.Wait()
		if w := ask(h, "GET", "/events"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("a client too many has %d", w.Code)
		}
		all[3].leave()
		synctest.Wait()
		if !all[3].over() {
			t.Error("the stream does not end with its client")
		}
		next := listen(t, h)
		synctest.Wait()
		if next.over() {
			t.Errorf("there is no room where one has left: %d", next.w.Code)
		}
	})
}

// Shutdown of a server waits for its requests: streams have to end by themselves.
func TestEventsEndWithTheServer(t *testing.T) {
	node := newNode(t, bilateralrpc.Config{Name: "hub"})
	server := httptest.NewServer(debugbilateral.Handler(node))
	defer server.Close()
	answer, err := http.Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := answer.Body.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := server.Config.Shutdown(ctx); err != nil {
		t.Errorf("the server waits for the stream: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}
