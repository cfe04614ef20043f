package debugbilateral

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	streamsMax    = 16               // streams at a time: each looks at the node once a second
	pushInterval  = time.Second      // between two states of a stream, at least,
	pushShare     = 20               // and so many times what one takes to make and to send
	beatInterval  = 15 * time.Second // silence after which a comment is sent, so that proxies keep the connection
	writeTimeout  = 10 * time.Second // for a client that does not read
	retryInterval = 2 * time.Second  // after which a browser connects again
)

// streams counts the streams of a handler, and ends them when their server shuts down.
type streams struct {
	mu      sync.Mutex
	count   int
	servers map[*http.Server]chan struct{} // closed when the server shuts down
}

// enter reports whether there is room for one stream more, which then must leave.
func (s *streams) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count == streamsMax {
		return false
	}
	s.count++
	return true
}

func (s *streams) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count--
}

// shutdown returns what is closed when the server of r shuts down, which waits for its
// requests and does not tell them. It never is where that is not known.
func (s *streams) shutdown(r *http.Request) <-chan struct{} {
	server, _ := r.Context().Value(http.ServerContextKey).(*http.Server)
	if server == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.servers == nil {
		s.servers = make(map[*http.Server]chan struct{})
	}
	ended, ok := s.servers[server]
	if !ok {
		ended = make(chan struct{})
		s.servers[server] = ended
		server.RegisterOnShutdown(sync.OnceFunc(func() { close(ended) }))
	}
	return ended
}

// serveEvents sends the state now, and whenever it has changed, until the client goes, the
// node is closed, or the server shuts down.
func (h *handler) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !h.streams.enter() {
		w.Header().Set("Retry-After", "10")
		http.Error(w, fmt.Sprintf("%d clients watch already", streamsMax), http.StatusServiceUnavailable)
		return
	}
	defer h.streams.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would wait for more
	if r.Method == http.MethodHead {
		return
	}
	s := stream{out: w, control: http.NewResponseController(w)}
	shutdown := h.streams.shutdown(r)
	if s.write(fmt.Appendf(nil, "retry: %d\n\n", retryInterval.Milliseconds())) != nil {
		return
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		began := time.Now()
		over := h.history.over() // before the state is taken, which then is the last one
		if s.push(h.state()) != nil || over {
			return
		}
		timer.Reset(max(pushInterval, pushShare*time.Since(began)))
		select {
		case <-timer.C:
		case <-h.history.ended:
		case <-shutdown:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// stream is what goes to one client.
type stream struct {
	out     http.ResponseWriter
	control *http.ResponseController
	last    []byte // the latest state, but for its time
	at      time.Time
}

// push sends the state if it is another than the latest, and else a comment if it is time
// for one.
func (s *stream) push(state *State) error {
	now := *state
	now.Time = time.Time{} // or every state would be new
	bare, err := json.Marshal(&now)
	if err != nil {
		return err
	}
	if bytes.Equal(bare, s.last) {
		if time.Since(s.at) < beatInterval {
			return nil
		}
		return s.write([]byte(": nothing new\n\n"))
	}
	s.last = bare
	whole, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return s.write(fmt.Appendf(nil, "event: state\ndata: %s\n\n", whole)) // JSON has no line breaks
}

// write sends b at once. The deadline is for this write alone: a server's own would end the
// stream after its first minutes. Writers that have no deadlines do without.
func (s *stream) write(b []byte) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	defer func() { _ = s.control.SetWriteDeadline(time.Time{}) }()
	s.at = time.Now()
	if _, err := s.out.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}
