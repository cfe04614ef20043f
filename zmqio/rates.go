package zmqio

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// How many lines peers can cause. Each kind of line, which is its text, has an
// allowance for each peer; all peers together have one for the node.
var (
	peerRate      = rate{burst: 5, every: 10 * time.Second}
	peerDebugRate = rate{burst: 50, every: 100 * time.Millisecond}
	nodeRate      = rate{burst: 100, every: 10 * time.Millisecond}
	nodeDebugRate = rate{burst: 1000, every: time.Millisecond}
)

const (
	// ratedPeersMax bounds the peers that are told apart; the others share one allowance.
	ratedPeersMax = 4096
	// ratedKindsMax bounds the kinds of a peer that are told apart. All texts are
	// constants, of this project and of transports, so that these are many.
	ratedKindsMax = 32
	// sweepEvery spaces out the searches for peers that can be forgotten.
	sweepEvery = time.Second
)

// rate is a burst of lines and one more in each period.
type rate struct {
	burst int
	every time.Duration
}

// allowance is when the whole burst of a rate will be there again.
type allowance core.Instant

// has says whether a has a line left.
func (a allowance) has(now core.Instant, r rate) bool { return a.take(now, r) }

// take takes one line off a, or returns false if there is none.
func (a *allowance) take(now core.Instant, r rate) bool {
	whole := max(core.Instant(*a), now)
	if whole.Sub(now) > time.Duration(r.burst-1)*r.every {
		return false
	}
	*a = allowance(whole.Add(r.every))
	return true
}

// leftOut counts lines that were not written, and keeps the highest level of them.
type leftOut struct {
	lines int
	level slog.Level
}

func (l *leftOut) add(n int, level slog.Level) {
	if l.level = max(l.level, level); l.lines == 0 {
		l.level = level
	}
	l.lines += n
}

// take returns what was left out, of which nothing is left to tell afterwards.
func (l *leftOut) take() leftOut {
	t := *l
	*l = leftOut{}
	return t
}

// rates decides which lines that peers cause are written. Those that are not are
// counted, and the next line of the same peer tells how many they were. What can't be
// told so, since the peer was forgotten or the node as a whole has logged too much,
// is told by a line of its own before the next one, or when the node closes.
// All methods may be called concurrently.
type rates struct {
	now func() core.Instant

	mu      sync.Mutex // guards what follows
	peers   map[string]*peerLines
	node    [2]allowance // for debug lines, and for others
	others  leftOut      // is told by a line of its own
	sweepAt core.Instant // the next search for peers to forget
}

// peerLines is what peers cause of one name, or of one address where the name is not known.
type peerLines struct {
	kinds   []kindLines
	leftOut leftOut
}

type kindLines struct {
	text      string // the message of the lines
	allowance allowance
}

// verdict is what becomes of a line.
type verdict struct {
	write           bool
	leftOut, others leftOut // to be told with it, and before it
}

func newRates(now func() core.Instant) *rates {
	return &rates{now: now}
}

// ask decides on a line of text at level that peer causes.
func (r *rates) ask(peer, text string, level slog.Level) (v verdict) {
	ofPeer, ofNode, node := peerRate, nodeRate, &r.node[1]
	if level < slog.LevelInfo {
		ofPeer, ofNode, node = peerDebugRate, nodeDebugRate, &r.node[0]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	p := r.of(peer, now)
	switch {
	case !p.kind(text).take(now, ofPeer):
		p.leftOut.add(1, level)
	case !node.take(now, ofNode):
		r.others.add(1, level)
	default:
		v.write, v.leftOut, v.others = true, p.leftOut.take(), r.others.take()
	}
	return v
}

// leavesOut says whether a line that peer is about to cause would not be written as it has
// caused too many of its kind, and counts it then. Since those were written, a logger has
// lately wanted such lines.
func (r *rates) leavesOut(peer, text string, level slog.Level) bool {
	ofPeer := peerRate
	if level < slog.LevelInfo {
		ofPeer = peerDebugRate
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.peers[peer]
	if p == nil {
		return false
	}
	i := slices.IndexFunc(p.kinds, func(k kindLines) bool { return k.text == text })
	if i < 0 || p.kinds[i].allowance.has(r.now(), ofPeer) {
		return false
	}
	p.leftOut.add(1, level)
	return true
}

// of returns the lines of peer, or those that all have in common for whom there is
// no room. Requires mu.
func (r *rates) of(peer string, now core.Instant) *peerLines {
	p := r.peers[peer]
	if p == nil && len(r.peers) >= ratedPeersMax {
		if r.sweep(now); len(r.peers) >= ratedPeersMax {
			peer = ""
			p = r.peers[peer]
		}
	}
	if p == nil {
		if r.peers == nil {
			r.peers = make(map[string]*peerLines)
		}
		p = &peerLines{}
		r.peers[peer] = p
	}
	return p
}

// sweep forgets the peers whose allowances are whole again. Requires mu.
func (r *rates) sweep(now core.Instant) {
	if now < r.sweepAt {
		return
	}
	r.sweepAt = now.Add(sweepEvery)
	for name, p := range r.peers {
		if !slices.ContainsFunc(p.kinds, func(k kindLines) bool { return core.Instant(k.allowance) > now }) {
			r.forget(name, p)
		}
	}
}

// forget forgets a peer, but not how many of its lines were left out. Requires mu.
func (r *rates) forget(name string, p *peerLines) {
	if p.leftOut.lines > 0 {
		r.others.add(p.leftOut.lines, p.leftOut.level)
	}
	delete(r.peers, name)
}

// forgetAll forgets all peers, and returns what was left out and not told.
func (r *rates) forgetAll() leftOut {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, p := range r.peers {
		r.forget(name, p)
	}
	return r.others.take()
}

// kind returns the allowance of p for lines of that text.
func (p *peerLines) kind(text string) *allowance {
	i := slices.IndexFunc(p.kinds, func(k kindLines) bool { return k.text == text })
	switch {
	case i >= 0:
	case len(p.kinds) >= ratedKindsMax:
		i = len(p.kinds) - 1
	default:
		i = len(p.kinds)
		p.kinds = append(p.kinds, kindLines{text: text})
	}
	return &p.kinds[i].allowance
}

// rateHandler is a slog.Handler that passes on what rates admits of the lines that
// have an attribute "peer" or "address": those are what a peer causes. It passes on all others.
type rateHandler struct {
	slog.Handler
	rates *rates
	cause cause // that the logger has from With
}

// cause says whether a peer causes a line, and its name or address where one is known.
type cause struct {
	peer  string
	rated bool
}

// note takes in an attribute of the line. A peer stands before its address.
func (c *cause) note(a slog.Attr) {
	if a.Key == "peer" || a.Key == "address" {
		*c = cause{cmp.Or(c.peer, a.Value.String()), true}
	}
}

func (h rateHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.cause.note(a)
	}
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

func (h rateHandler) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}

func (h rateHandler) Handle(ctx context.Context, r slog.Record) error {
	c := h.cause
	r.Attrs(func(a slog.Attr) bool {
		c.note(a)
		return c.peer == ""
	})
	if !c.rated {
		return h.Handler.Handle(ctx, r)
	}
	v := h.rates.ask(c.peer, r.Message, r.Level)
	if !v.write {
		return nil
	}
	if v.others.lines > 0 {
		if err := v.others.log(ctx, h.Handler, r.Time); err != nil {
			return err
		}
	}
	if v.leftOut.lines > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("left_out", v.leftOut.lines))
	}
	return h.Handler.Handle(ctx, r)
}

// LeavesOut says whether a line that peer is about to cause will not be written, and counts
// it then: who asks saves what it takes to make the line.
func (h rateHandler) LeavesOut(peer, text string, level slog.Level) bool {
	return h.rates.leavesOut(peer, text, level)
}

// log writes the line that tells of l.
func (l leftOut) log(ctx context.Context, h slog.Handler, at time.Time) error {
	if !h.Enabled(ctx, l.level) {
		return nil
	}
	r := slog.NewRecord(at, l.level, "log lines left out", 0)
	r.AddAttrs(slog.Int("left_out", l.lines))
	return h.Handle(ctx, r)
}
