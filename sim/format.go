package sim

import (
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// Format writes a scenario in its canonical form, which Parse reads back.
func Format(s *Scenario) string {
	var b strings.Builder
	text.WriteComments(&b, s.Prose)
	text.WriteLine(&b, header.String())
	seed := ""
	if s.Seed != 0 {
		seed = "seed " + strconv.FormatUint(s.Seed, 10)
	}
	text.WriteLine(&b, "network", strconv.Quote(s.Network), seed, "model", s.Model.String(), text.If(s.Keys, "keys"))
	formatTiming(&b, s)
	formatPeers(&b, s.Peers)
	formatBounds(&b, s)
	for i := range s.Lines {
		l := &s.Lines[i]
		text.WriteComments(&b, l.Comment)
		switch {
		case l.Fault != nil:
			text.WriteLine(&b, "at", l.moment(), l.Fault.String())
		case l.Rule != nil:
			text.WriteLine(&b, l.Rule.String())
		case l.Expect != nil:
			text.WriteLine(&b, l.Expect.String())
		}
	}
	return b.String()
}

// formatTiming writes the settings that have a default, where they differ from it.
func formatTiming(b *strings.Builder, s *Scenario) {
	delay := func(name string, d Delay) string {
		if d == (Delay{}) {
			return ""
		}
		return name + " " + text.FormatDelay(d)
	}
	heartbeat, queue, scale, first := "", "", "", ""
	switch {
	case s.Heartbeat < 0:
		heartbeat = "heartbeat off"
	case s.Heartbeat > 0:
		heartbeat = "heartbeat " + text.FormatDuration(s.Heartbeat)
	}
	if s.Queue != 0 {
		queue = "queue " + strconv.Itoa(int(s.Queue))
	}
	if s.Scale.Num != 0 {
		scale = "scale " + text.FormatRatio(s.Scale)
	}
	if s.FirstCall != 0 {
		first = "firstcall " + strconv.FormatUint(uint64(s.FirstCall), 10)
	}
	settings := []string{
		delay("latency", s.Latency), delay("handler", s.Handler), delay("wake", s.Wake), heartbeat, queue, scale, first,
	}
	for _, f := range timingFields {
		if d := *f.of(&s.Timing); d != 0 {
			settings = append(settings, "timing "+f.name+" "+text.FormatDuration(d))
		}
	}
	settings = append(settings, formatCounts(s, "timing", timingCounts[:])...)
	settings = append(settings, formatCounts(s, "limit", limitFields[:])...)
	for _, f := range rateFields {
		if r := *f.of(&s.Rates); r.Num != 0 {
			settings = append(settings, "rate "+f.name+" "+text.FormatRatio(r))
		}
	}
	settings = append(settings, delay("late", s.Rates.DelayBy))
	if s.RunFor != 0 {
		settings = append(settings, "run "+text.FormatDuration(s.RunFor))
	}
	settings = append(settings, text.If(s.Settle, "settle"))
	wrap(b, settings)
	if s.NotReal != "" {
		on := ""
		if s.NotRealOn != "" {
			on = "on " + s.NotRealOn
		}
		text.WriteLine(b, "real no", on, strconv.Quote(s.NotReal))
	}
}

// formatCounts writes the counts that are set.
func formatCounts(s *Scenario, setting string, fields []countField) []string {
	var out []string
	for _, f := range fields {
		if n := *f.of(s); n != 0 {
			out = append(out, setting+" "+f.name+" "+strconv.Itoa(n))
		}
	}
	return out
}

// wrap writes settings, as many on each line as fit.
func wrap(b *strings.Builder, settings []string) {
	const width = 100
	row := ""
	for _, s := range settings {
		if s == "" {
			continue
		}
		if row != "" && len(row)+1+len(s) > width {
			text.WriteLine(b, row)
			row = ""
		}
		row = text.Words(row, s)
	}
	if row != "" {
		text.WriteLine(b, row)
	}
}

// formatPeers writes peers in their order, since their order is part of a run.
func formatPeers(b *strings.Builder, peers []Peer) {
	for i := 0; i < len(peers); {
		p := &peers[i]
		if p.Network != nil || p.As != "" || p.Old && p.Blind {
			as, network := "", ""
			if p.As != "" {
				as = "as " + text.FormatName(p.As)
			}
			if p.Network != nil {
				network = "network " + strconv.Quote(*p.Network)
			}
			text.WriteLine(b, "peer", text.FormatName(p.Name), as, text.If(p.Old, "old"), text.If(p.Blind, "blind"), network)
			i++
			continue
		}
		word := "peers"
		switch {
		case p.Old:
			word = "old"
		case p.Blind:
			word = "blind"
		}
		for i < len(peers) && peers[i].Network == nil && peers[i].As == "" && peers[i].Old == p.Old && peers[i].Blind == p.Blind {
			word += " " + text.FormatName(peers[i].Name)
			i++
		}
		text.WriteLine(b, word)
	}
}

// String writes a rule as a scenario has it.
func (r *FrameRule) String() string {
	ordinal := "#" + strconv.FormatUint(uint64(r.First), 10)
	switch {
	case r.Last == 0:
		ordinal += ".."
	case r.Last != r.First:
		ordinal += ".." + strconv.FormatUint(uint64(r.Last), 10)
	}
	then := ""
	if r.Then != nil {
		then = "then " + r.Then.String()
	}
	return text.Words(text.If(r.Maybe, "maybe"), "on", formatCommand(r.Command), text.FormatName(r.From)+"->"+text.FormatName(r.To), ordinal, r.Fate.String(), then)
}

// formatCommand writes a command as a scenario has it.
func formatCommand(c core.Command) string {
	if c == core.Unknown {
		return "UNKNOWN"
	}
	return c.String()
}

// String writes a fate as a rule has it.
func (f Fate) String() string {
	dup, late := "", ""
	switch {
	case f.Copies == 1:
		dup = "dup"
	case f.Copies > 1:
		dup = "dup " + strconv.Itoa(f.Copies)
	}
	switch {
	case f.Reorder:
		late = "reorder " + text.FormatDuration(f.Delay)
	case f.Delay > 0:
		late = "delay " + text.FormatDuration(f.Delay)
	}
	return text.Words(text.If(f.Drop, "drop"), dup, late, text.If(f.Corrupt, "corrupt"), text.If(f.Refuse, "refuse"), text.If(f.Break, "break"))
}

// String writes an expectation as a scenario has it.
func (e *Expect) String() string {
	a, b, at := text.FormatName(e.A), text.FormatName(e.B), "at "+text.FormatDuration(e.At)
	switch e.Kind {
	case ExpectLinked:
		if e.Within > 0 {
			of := "start"
			if e.OfHeal {
				of = "heal"
			}
			return text.Words("expect linked", a, b, "within", text.FormatDuration(e.Within), "of", of)
		}
		return text.Words("expect linked", a, b, at)
	case ExpectUnlinked:
		return text.Words("expect unlinked", a, b, at)
	case ExpectActive:
		return text.Words("expect active", a, b, at)
	case ExpectInactive:
		return text.Words("expect inactive", a, b, at)
	case ExpectBackoff:
		return text.Words("expect backoff", a, b, strconv.Itoa(e.N), at)
	case ExpectMark:
		return text.Words("expect mark", strconv.Quote(e.Text))
	case ExpectDrop:
		return text.Words("expect drop", e.Text, "at", a)
	case ExpectRan:
		return text.Words("expect ran", text.FormatName(e.Text), "at", b, strconv.Itoa(e.N))
	case ExpectDone:
		return text.Words("expect", text.FormatName(e.Text), "done within", text.FormatDuration(e.Within))
	}
	for _, o := range outcomeWords {
		if o.Outcome == e.Outcome {
			return text.Words("expect", text.FormatName(e.Text), "from", b, o.Word)
		}
	}
	return ""
}

// lasts returns when the last thing happens that a line speaks of. A fault without
// an end of its own ends with the run.
func (l *Line) lasts() time.Duration {
	at := max(l.At, l.Until)
	if f, ok := l.Fault.(timedFault); ok {
		at += f.lasts()
	}
	return at
}
