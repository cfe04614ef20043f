package debugbilateral

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/bitmark-inc/bilateralrpc"
)

// Handler returns a handler of the node's page. It begins to keep the node's events at once,
// and until the node is closed: make one for a node, before its peers come, and mount it as
// often as you like.
func Handler(node *bilateralrpc.Bilateral) http.Handler {
	h := &handler{node: node, history: newHistory()}
	go h.history.keep(node)
	return h
}

type handler struct {
	node    *bilateralrpc.Bilateral
	history *history
	streams streams
}

// ServeHTTP answers GET and HEAD.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD: nothing can be changed here", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "":
		// The page's addresses are relative, so it has to be in a folder. A prefix that was
		// stripped is not known here, but the last part of it is.
		at, _, _ := strings.Cut(r.RequestURI, "?")
		header.Set("Location", "./"+path.Base(at)+"/")
		w.WriteHeader(http.StatusMovedPermanently)
	case "/":
		h.servePage(w, r)
	case "/state":
		h.serveState(w, r)
	case "/recording":
		h.serveRecording(w, r)
	case "/events":
		h.serveEvents(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (h *handler) servePage(w http.ResponseWriter, r *http.Request) {
	var page bytes.Buffer
	if err := render(&page, h.state()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, r, "text/html; charset=utf-8", page.Bytes())
}

func (h *handler) serveState(w http.ResponseWriter, r *http.Request) {
	text, err := json.MarshalIndent(h.state(), "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, r, "application/json", append(text, '\n'))
}

// serveRecording answers with what the node's Recorder has kept, as a file.
func (h *handler) serveRecording(w http.ResponseWriter, r *http.Request) {
	recorder := h.node.Recorder()
	if recorder == nil {
		http.Error(w, "the node has no Config.Recorder", http.StatusNotFound)
		return
	}
	var recording bytes.Buffer
	if _, err := recorder.WriteTo(&recording); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Disposition", `attachment; filename="node.recording"`)
	send(w, r, "application/octet-stream", recording.Bytes())
}

// send answers with a body that is whole already. Nothing can be done about a client that
// does not take it.
func send(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
