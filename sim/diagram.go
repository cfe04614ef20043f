package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// diagram collects the last frames and faults of a run for a sequence diagram.
type diagram struct{ arrows []arrow }

// arrow is a line of a diagram: a frame; with from alone, something that happens
// at a node; with neither, a fault.
type arrow struct {
	at       time.Duration // since the start of the world
	from, to string        // names of nodes
	text     string        // what is written at it
	idle     bool          // it is a heartbeat
}

// diagramArrows is how many lines fit into a diagram that can still be read.
const diagramArrows = 30

// push adds a line. If there are too many, it drops the oldest heartbeat, or else the
// oldest line.
func (d *diagram) push(a arrow) {
	if len(d.arrows) == diagramArrows {
		oldest := slices.IndexFunc(d.arrows, func(a arrow) bool { return a.idle })
		if oldest < 0 && a.idle {
			return
		}
		oldest = max(oldest, 0)
		d.arrows = slices.Delete(d.arrows, oldest, oldest+1)
	}
	d.arrows = append(d.arrows, a)
}

// see records a step, or a fault if s is nil.
func (d *diagram) see(w *World, s *Step, f Fault) {
	if s == nil {
		d.push(arrow{at: w.Now(), text: f.String()})
		return
	}
	if s.Event.Kind == core.EvFrame {
		d.push(arrow{s.Now, s.Event.Peer, s.Node.Name, s.Event.Command.String() + " " + s.Event.Link.String(), isHeartbeat(s)})
	}
	for i := range s.Actions {
		switch a := &s.Actions[i]; a.Kind {
		case core.ActPeerUp, core.ActPeerDown, core.ActDrop, core.ActServe, core.ActDial, core.ActHangUp:
			text := a.Kind.String() + " " + a.Peer
			if a.Kind == core.ActDrop {
				text += " " + a.Command.String() + ", " + a.Drop.String()
			}
			d.push(arrow{at: s.Now, from: s.Node.Name, text: text})
		}
	}
}

// mermaid draws the diagram, with the violation at its end; "" if there is nothing to draw. Frames are drawn when
// they arrive. Names of nodes may hold anything, so that participants get ids.
func (d *diagram) mermaid(v *Violation) string {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	ids := map[string]string{}
	var names []string
	id := func(name string) string {
		if ids[name] == "" {
			ids[name] = "p" + strconv.Itoa(len(names))
			names = append(names, name)
		}
		return ids[name]
	}
	for _, a := range d.arrows {
		for _, name := range [2]string{a.from, a.to} {
			if name != "" {
				id(name)
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	for _, name := range names {
		fmt.Fprintf(&b, "  participant %s as %s\n", ids[name], mermaidText(name))
	}
	for _, a := range d.arrows {
		at := string(report.AppendTime(nil, a.at.Truncate(time.Millisecond)))
		at = strings.TrimSuffix(at, "000000s") + "s"
		switch {
		case a.to != "":
			fmt.Fprintf(&b, "  %s->>%s: %s %s\n", id(a.from), id(a.to), at, mermaidText(a.text))
		case a.from != "":
			fmt.Fprintf(&b, "  Note over %s: %s %s\n", id(a.from), at, mermaidText(a.text))
		default:
			fmt.Fprintf(&b, "  Note over %s,%s: %s %s\n", ids[names[0]], ids[names[len(names)-1]], at, mermaidText(a.text))
		}
	}
	first, _, _ := strings.Cut(v.What, "\n")
	fmt.Fprintf(&b, "  Note over %s,%s: %s %s\n", ids[names[0]], ids[names[len(names)-1]], v.Property.ID, mermaidText(first))
	return b.String()
}

// mermaidText takes out what Mermaid reads as its own.
func mermaidText(s string) string {
	return strings.NewReplacer(";", ",", "#", " ", "\n", " ", ":", "", "{", "(", "}", ")").Replace(s)
}
