package zmqio

import (
	"context"
	"log/slog"
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
	n := logLine{peer: a.Peer, address: d.whereabouts(a), link: a.Link, command: a.Command, cause: a.Cause, drop: a.Drop}
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
		n.address, n.other = d.router.twins(a.Peer, a.Link)
	default:
		n.level, n.text = slog.LevelDebug, "message dropped"
	}
	d.logLater(&n)
}

// whereabouts returns the address of the peer that a is about, if it is known, and
// if a line is likely to be written. Requires the lock.
func (d *Driver) whereabouts(a *core.Action) string {
	if !d.logs {
		return ""
	}
	if a.Link.N != 0 {
		to, _ := d.router.routes.Find(a.Link)
		return to.address
	}
	s, _ := d.machine.Status(a.Peer)
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

func (d *Driver) logLater(n *logLine) {
	lines := &d.effects.lines
	if d.logs && (n.level > slog.LevelDebug || len(*lines) < debugLinesMax) {
		*lines = append(*lines, *n)
	}
}

// log writes the lines. It must be called without the lock.
func (d *Driver) log(lines []logLine) {
	for i := range lines {
		n := &lines[i]
		logger := d.config.Node.Logger
		if n.cause == core.CauseDisconnected || n.cause == core.CauseStopped {
			logger = d.unrated // the user's own doing
		}
		if logger.Enabled(context.Background(), n.level) {
			logger.LogAttrs(context.Background(), n.level, n.text, n.attrs()...)
		}
	}
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
