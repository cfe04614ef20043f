package zmqio

import (
	"context"
	"log/slog"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// note is a log line in waiting: a logger is user code and must not be called
// with ownership.
type note struct {
	level   slog.Level
	text    string
	peer    string
	link    core.Link
	command core.Command
	cause   core.Cause
	drop    core.Drop
}

// notesMax bounds the debugging lines of one ownership: a flood of bad frames is
// counted in Stats, not logged frame by frame.
const notesMax = 16

// note puts a line aside about a. It requires ownership.
func (d *Driver) note(a *core.Action) {
	n := note{peer: a.Peer, link: a.Link, command: a.Command, cause: a.Cause, drop: a.Drop}
	switch {
	case a.Kind == core.ActPeerUp:
		n.level, n.text = slog.LevelInfo, "peer is active"
	case a.Kind == core.ActPeerDown:
		n.level, n.text = slog.LevelInfo, "peer is no longer active"
	case a.Drop == core.DropNetwork:
		n.level, n.text = d.warnNow(&d.warnNetwork), "peer belongs to another network"
	default:
		n.level, n.text = slog.LevelDebug, "message dropped"
	}
	d.putNote(n)
}

func (d *Driver) noteHandshake(peer string, link core.Link) {
	d.putNote(note{level: d.warnNow(&d.warnHandshake), text: "handshake failed", peer: peer, link: link})
}

// warnEvery spaces out the warnings of one kind: what they are about is tried
// again and again, and a stranger may try often.
const warnEvery = 10 * time.Second

// warnNow returns the level of a warning that is due again at next.
func (d *Driver) warnNow(next *core.Instant) slog.Level {
	if d.now < *next {
		return slog.LevelDebug
	}
	*next = d.now.Add(warnEvery)
	return slog.LevelWarn
}

func (d *Driver) putNote(n note) {
	if d.logs && (n.level > slog.LevelDebug || len(d.notes) < notesMax) {
		d.notes = append(d.notes, n)
	}
}

// log writes the lines, without ownership.
func (d *Driver) log(notes []note) {
	logger := d.config.Node.Logger
	for _, n := range notes {
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
