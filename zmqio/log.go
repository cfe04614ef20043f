package zmqio

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// logLine is a line that waits until the node is unlocked: a logger is code of the
// user. After the level and the text come its attributes; those that are zero are
// left out, and command belongs to drop.
type logLine struct {
	level   slog.Level
	text    string       // the message of the line
	peer    string       // the name at the other end
	address string       // where that is
	other   string       // where a second node of the same name is, or was
	link    core.Link    // to the peer
	command core.Command // of the message that was dropped
	cause   core.Cause   // of the end of a link
	drop    core.Drop    // why a message was dropped
	err     error        // why something failed, for people
}

// turnedAwayText begins the lines about connections that were refused.
const turnedAwayText = "connection turned away"

// debugLinesMax bounds the lines, if there are debugging ones, from one locking of
// the node to its unlocking: a flood of bad frames is counted in Stats, not logged
// frame by frame.
const debugLinesMax = 16

// Logger returns the node's logger, with which lines that peers can cause, having an
// attribute "peer" or "address", are written at a bounded rate.
func (d *Driver) Logger() *slog.Logger { return d.config.Node.Logger }

// logAction has a logged. Requires the lock.
func (d *Driver) logAction(a *core.Action) {
	if !d.logs {
		return
	}
	n := logLine{peer: a.Peer, link: a.Link, command: a.Command, cause: a.Cause, drop: a.Drop}
	switch {
	case a.Kind == core.ActPeerUp:
		n.level, n.text = slog.LevelInfo, "peer is active"
	case a.Kind == core.ActPeerDown:
		n.level, n.text = slog.LevelInfo, "peer is no longer active"
	case a.Drop == core.DropNetwork:
		n.level, n.text = slog.LevelWarn, "peer belongs to another network"
	case a.Drop == core.DropTwin && a.Link.Half == core.Dialling:
		n.level, n.text = slog.LevelWarn, "another node uses this node's name, and has taken its place at the peer"
	case a.Drop == core.DropTwin:
		n.level, n.text = slog.LevelWarn, "two nodes use the name of the peer, or it has restarted unnoticed"
	default:
		n.level, n.text = slog.LevelDebug, "message dropped"
	}
	if n.peer != "" && d.leavesOut(&n) {
		return
	}
	if n.address = d.actionAddress(a); a.Drop == core.DropTwin && a.Link.Half != core.Dialling {
		n.address, n.other = d.router.twins(a.Peer, a.Link)
	}
	d.keepLine(&n)
}

// actionAddress returns the address of the peer that a is about, empty if it is not known.
// Requires the lock.
func (d *Driver) actionAddress(a *core.Action) string {
	if a.Link.N != 0 {
		return d.router.address(a.Link)
	}
	return d.whereabouts(a.Peer)
}

// whereabouts returns the address of a peer, empty if it is not known: that of its
// connection, or that which the node dials. Requires the lock.
func (d *Driver) whereabouts(name string) string {
	s, _ := d.machine.Status(name)
	for _, link := range []core.Link{s.DiallingLink, s.ListeningLink} {
		if to, ok := d.router.routes.Find(link); ok {
			return to.address
		}
	}
	return s.Address
}

// logLost has the end of a link logged, or of an attempt to dial. Requires the lock.
func (d *Driver) logLost(link core.Link, to *route, cause core.Cause, why error) {
	n := logLine{level: slog.LevelInfo, text: "connection lost", peer: to.peer, link: link, address: to.address, cause: cause, err: why}
	if cause == core.CauseUnreachable || cause == core.CauseHandshake {
		n.level, n.text = slog.LevelWarn, "connection failed"
	}
	d.logLater(&n)
}

// logLater has n logged once the node is unlocked, unless it is to be left out. Requires
// the lock.
func (d *Driver) logLater(n *logLine) {
	if d.logs && !d.leavesOut(n) {
		d.keepLine(n)
	}
}

// leavesOut says whether n is one of those that are counted only, since the peer has caused
// too many of its kind. So a flood of them costs nothing but the count, and nobody has to
// leave the node's gate for them. Requires the lock.
func (d *Driver) leavesOut(n *logLine) bool {
	return !n.ownDoing() && d.rates.leavesOut(cmp.Or(n.peer, n.address), n.text, n.level)
}

// ownDoing says whether the user has caused the line.
func (n *logLine) ownDoing() bool {
	return n.cause == core.CauseDisconnected || n.cause == core.CauseStopped
}

// keepLine is logLater for a line that is not to be left out.
func (d *Driver) keepLine(n *logLine) {
	if d.effects.lines == nil {
		d.effects.lines = logMemory.Get().(*logLines)
	}
	if lines := d.effects.lines; n.level > slog.LevelDebug || len(*lines) < debugLinesMax {
		*lines = append(*lines, *n)
	}
}

// logLines are lines to be logged.
type logLines []logLine

// logMemory is memory for lines: a flood of bad frames has some with every locking of
// a node, few of which are written.
var logMemory = sync.Pool{New: func() any { return new(logLines) }}

// log writes the lines, whose memory is used again; nil is none. It must be called
// without the lock.
func (d *Driver) log(lines *logLines) {
	if lines == nil {
		return
	}
	for i := range *lines {
		n := &(*lines)[i]
		logger := d.config.Node.Logger
		if n.ownDoing() {
			logger = d.unrated
		}
		if logger.Enabled(context.Background(), n.level) {
			logger.LogAttrs(context.Background(), n.level, n.text, n.attrs()...)
		}
	}
	clear(*lines)
	*lines = (*lines)[:0]
	logMemory.Put(lines)
}

func (n *logLine) attrs() []slog.Attr {
	var attrs []slog.Attr
	if n.peer != "" {
		attrs = append(attrs, slog.String("peer", n.peer))
	}
	if n.address != "" {
		attrs = append(attrs, slog.String("address", n.address))
	}
	if n.other != "" {
		attrs = append(attrs, slog.String("other_address", n.other))
	}
	if n.link.Half != 0 {
		attrs = append(attrs, slog.String("link", n.link.String()))
	}
	if n.cause != 0 {
		attrs = append(attrs, slog.String("cause", n.cause.String()))
	}
	if n.drop != 0 {
		attrs = append(attrs, slog.String("drop", n.drop.String()), slog.String("command", n.command.String()))
	}
	if n.err != nil {
		attrs = append(attrs, slog.Any("err", n.err))
	}
	return attrs
}

// logLeftOut tells, at the end of the node, of the lines that were left out and not
// told yet. It must be called without the lock.
func (d *Driver) logLeftOut() {
	if l := d.rates.forgetAll(); l.lines > 0 {
		_ = l.log(context.Background(), d.unrated.Handler(), time.Now()) // a logger's errors are not ours
	}
}
