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
	link    core.Link    // to the peer
	command core.Command // of the message that was dropped
	cause   core.Cause   // of the end of a link
	drop    core.Drop    // why a message was dropped
}

// debugLinesMax bounds the lines, if there are debugging ones, from one locking of
// the node to its unlocking: a flood of bad frames is counted in Stats, not logged
// frame by frame.
const debugLinesMax = 16

// logAction has a logged. Requires the lock.
func (d *Driver) logAction(a *core.Action) {
	n := logLine{peer: a.Peer, link: a.Link, command: a.Command, cause: a.Cause, drop: a.Drop}
	switch {
	case a.Kind == core.ActPeerUp:
		n.level, n.text = slog.LevelInfo, "peer is active"
	case a.Kind == core.ActPeerDown:
		n.level, n.text = slog.LevelInfo, "peer is no longer active"
	case a.Drop == core.DropNetwork:
		n.level, n.text = d.warnNow(&d.warnings.network), "peer belongs to another network"
	default:
		n.level, n.text = slog.LevelDebug, "message dropped"
	}
	d.logLater(n)
}

// logHandshake has a failed handshake logged. Requires the lock.
func (d *Driver) logHandshake(peer string, link core.Link) {
	d.logLater(logLine{level: d.warnNow(&d.warnings.handshake), text: "handshake failed", peer: peer, link: link})
}

// warnEvery spaces out the warnings of one kind, since a node that causes one tries
// again and again, and a stranger may try often.
const warnEvery = 10 * time.Second

// warnings has the instants from which the next warning of a kind is due.
type warnings struct{ network, handshake core.Instant }

// warnNow returns the level of a warning that was due again at next: Debug if that
// is still to come. Requires the lock.
func (d *Driver) warnNow(next *core.Instant) slog.Level {
	if d.now < *next {
		return slog.LevelDebug
	}
	*next = d.now.Add(warnEvery)
	return slog.LevelWarn
}

func (d *Driver) logLater(n logLine) {
	lines := &d.effects.lines
	if d.logs && (n.level > slog.LevelDebug || len(*lines) < debugLinesMax) {
		*lines = append(*lines, n)
	}
}

// log writes the lines. It must be called without the lock.
func (d *Driver) log(lines []logLine) {
	logger := d.config.Node.Logger
	for _, n := range lines {
		if !logger.Enabled(context.Background(), n.level) {
			continue
		}
		attrs := []slog.Attr{slog.String("peer", n.peer)}
		if n.link.Half != 0 {
			attrs = append(attrs, slog.String("link", n.link.String()))
		}
		if n.cause != 0 {
			attrs = append(attrs, slog.String("cause", n.cause.String()))
		}
		if n.drop != 0 {
			attrs = append(attrs, slog.String("drop", n.drop.String()), slog.String("command", n.command.String()))
		}
		logger.LogAttrs(context.Background(), n.level, n.text, attrs...)
	}
}
