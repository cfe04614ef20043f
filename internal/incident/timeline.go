package incident

import (
	"fmt"
	"io"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// WriteTimeline writes what happened, a line for each event and fault, by the time since
// the first event. With frames every frame has its line, and the time that it took.
func (x *Incident) WriteTimeline(w io.Writer, frames bool) error {
	m := x.merger
	width := 4
	for _, l := range m.lives {
		width = max(width, min(len(l.node), 20))
	}
	faults := m.faults
	tell := func(until time.Duration) error {
		for ; len(faults) > 0 && faults[0].At <= until; faults = faults[1:] {
			f := &faults[0]
			length := ""
			if f.For > 0 {
				length = " for " + short(f.For)
			}
			if _, err := fmt.Fprintf(w, "%s  ** %s%s\n", seconds(f.At), f.Text, length); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range m.all {
		if err := tell(e.at); err != nil {
			return err
		}
		text := e.line(frames)
		if text == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s  %-*.20s %s\n", seconds(e.at), width, e.of.node, text); err != nil {
			return err
		}
	}
	return tell(m.until)
}

// seconds is a time with its milliseconds.
func seconds(d time.Duration) string { return fmt.Sprintf("%10.3fs", d.Seconds()) }

// line is an entry for people, empty for what they need not see.
func (e *entry) line(frames bool) string {
	switch e.kind {
	case sent, received:
		if frames {
			return e.frameLine()
		}
		return ""
	case linkUp:
		return fmt.Sprintf("%v to %s is up", e.link, e.peer)
	case linkLost:
		return fmt.Sprintf("%v to %s is lost: %v", e.link, e.peer, e.cause)
	case hungUp:
		return fmt.Sprintf("hangs up %v to %s", e.link, e.peer)
	case dialled:
		return fmt.Sprintf("dials %s: %v", e.peer, e.link)
	case peerUp:
		return fmt.Sprintf("has %s as an active peer", e.peer)
	case peerDown:
		return fmt.Sprintf("has lost %s: %v", e.peer, e.cause)
	case connected:
		return "is to dial " + e.peer
	case forgotten:
		return "is to forget " + e.peer
	case answered:
		if e.outcome == core.Replied && !frames {
			return ""
		}
		return fmt.Sprintf("call %d: %v at %s", e.number, e.outcome, e.peer)
	case ended:
		if !frames {
			return ""
		}
		return fmt.Sprintf("call %d is done", e.number)
	case stopped:
		return "is to stop"
	}
	return e.text
}

// frameLine is the line of a frame: when it arrives, and when it does not.
func (e *entry) frameLine() string {
	id := ""
	if e.frame.id != 0 {
		id = fmt.Sprintf(" id %d", e.frame.id)
	}
	if e.kind == sent {
		what := ""
		switch {
		case e.refused:
			what = ", which is refused"
		case e.other == nil:
			what = ", which is not known to arrive"
		}
		return fmt.Sprintf("-> %s %v%s on %v%s", e.peer, e.command, id, e.link, what)
	}
	took := ""
	if e.other != nil {
		took = fmt.Sprintf(" after %v", (e.at - e.other.at).Round(10*time.Microsecond))
	}
	return fmt.Sprintf("<- %s %v%s on %v%s", e.peer, e.command, id, e.link, took)
}
