package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

//go:embed page.html
var page []byte

// row is one reply as the page gets it.
type row struct {
	From    string `json:"from"`
	Percent int    `json:"percent"`
	Err     string `json:"err,omitempty"`
}

// handler serves the page at /, and at /replies the replies of one call as server-sent events.
func handler(hub *bilateralrpc.Bilateral) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	})
	mux.HandleFunc("GET /replies", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		stream(w, r, hub)
	})
	return mux
}

// stream asks every agent. The request's context ends when the visitor leaves, and the loop
// with it; a visitor who is gone before that is noticed by a write.
func stream(w http.ResponseWriter, r *http.Request, hub *bilateralrpc.Bilateral) {
	out := http.NewResponseController(w)
	for reply := range load.Each(r.Context(), hub, bilateralrpc.SendToAll, Question{}, bilateralrpc.WithTimeout(time.Minute)) {
		if r.Context().Err() != nil {
			return
		}
		event := row{From: reply.From, Percent: reply.Value.Percent}
		if reply.Err != nil {
			event.Err = reply.Err.Error()
		}
		text, err := json.Marshal(event) // on one line, as an event has to be
		if err != nil {
			return
		}
		if _, err = fmt.Fprintf(w, "data: %s\n\n", text); err != nil {
			return
		}
		if err = out.Flush(); err != nil {
			return
		}
	}
	fmt.Fprint(w, "event: done\ndata: {}\n\n") // or the browser would ask again
}
