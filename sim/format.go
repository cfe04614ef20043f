package sim

import (
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// Format writes a scenario in its canonical form, which Parse reads back.
func Format(s *Scenario) string {
	var b strings.Builder
	comments(&b, s.Prose)
	line(&b, "bilsim", strconv.Itoa(Version))
	seed := ""
	if s.Seed != 0 {
		seed = "seed " + strconv.FormatUint(s.Seed, 10)
	}
	line(&b, "network", strconv.Quote(s.Network), seed, "model", s.Model.String(), when(s.Keys, "keys"))
	formatTiming(&b, s)
	formatPeers(&b, s.Peers)
	for i := range s.Lines {
		l := &s.Lines[i]
		comments(&b, l.Comment)
		switch {
		case l.Fault != nil:
			line(&b, "at", FormatDuration(l.At), l.Fault.String())
		case l.Rule != nil:
			line(&b, l.Rule.String())
		case l.Expect != nil:
			line(&b, l.Expect.String())
		}
	}
	return b.String()
}

func comments(b *strings.Builder, lines []string) {
	for _, c := range lines {
		b.WriteString(strings.TrimRight("# "+c, " "))
		b.WriteByte('\n')
	}
}

func line(b *strings.Builder, parts ...string) {
	b.WriteString(words(parts...))
	b.WriteByte('\n')
}

func when(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

func formatTiming(b *strings.Builder, s *Scenario) {
	delay := func(name string, d Delay) string {
		if d == (Delay{}) {
			return ""
		}
		return name + " " + formatDelay(d)
	}
	heartbeat, queue, scale := "", "", ""
	switch {
	case s.Heartbeat < 0:
		heartbeat = "heartbeat off"
	case s.Heartbeat > 0:
		heartbeat = "heartbeat " + FormatDuration(s.Heartbeat)
	}
	if s.Queue != 0 {
		queue = "queue " + strconv.Itoa(int(s.Queue))
	}
	if s.Scale.Num != 0 {
		scale = "scale " + formatRatio(s.Scale)
	}
	settings := []string{
		delay("latency", s.Latency), delay("handler", s.Handler), delay("wake", s.Wake), heartbeat, queue, scale,
	}
	for _, f := range timingFields {
		if d := *f.of(&s.Timing); d != 0 {
			settings = append(settings, "timing "+f.name+" "+FormatDuration(d))
		}
	}
	settings = append(settings, formatCounts(s, "timing", timingCounts[:])...)
	settings = append(settings, formatCounts(s, "limit", limitFields[:])...)
	for _, f := range rateFields {
		if r := *f.of(&s.Rates); r.Num != 0 {
			settings = append(settings, "rate "+f.name+" "+formatRatio(r))
		}
	}
	settings = append(settings, delay("late", s.Rates.DelayBy))
	if s.RunFor != 0 {
		settings = append(settings, "run "+FormatDuration(s.RunFor))
	}
	settings = append(settings, when(s.Settle, "settle"))
	wrap(b, settings)
}

func formatCounts(s *Scenario, setting string, fields []countField) []string {
	var out []string
	for _, f := range fields {
		if n := *f.of(s); n != 0 {
			out = append(out, setting+" "+f.name+" "+strconv.Itoa(n))
		}
	}
	return out
}

// wrap writes settings, a few on each line.
func wrap(b *strings.Builder, settings []string) {
	const width = 100
	text := ""
	for _, s := range settings {
		if s == "" {
			continue
		}
		if text != "" && len(text)+1+len(s) > width {
			line(b, text)
			text = ""
		}
		text = words(text, s)
	}
	if text != "" {
		line(b, text)
	}
}

func formatRatio(r Ratio) string {
	return strconv.FormatUint(uint64(r.Num), 10) + "/" + strconv.FormatUint(uint64(r.Den), 10)
}

func formatDelay(d Delay) string {
	s := FormatDuration(d.Min)
	if d.Max != d.Min {
		s += ".." + FormatDuration(d.Max)
	}
	switch d.Shape {
	case dice.Decay:
		return s + " decay"
	case dice.Bursts:
		return s + " bursts"
	}
	return s
}

// formatPeers writes peers in their order, since their order is part of a run.
func formatPeers(b *strings.Builder, peers []Peer) {
	for i := 0; i < len(peers); {
		p := &peers[i]
		if p.Network != nil || p.Old && p.Blind {
			network := ""
			if p.Network != nil {
				network = "network " + strconv.Quote(*p.Network)
			}
			line(b, "peer", quoteName(p.Name), when(p.Old, "old"), when(p.Blind, "blind"), network)
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
		for i < len(peers) && peers[i].Network == nil && peers[i].Old == p.Old && peers[i].Blind == p.Blind {
			word += " " + quoteName(peers[i].Name)
			i++
		}
		line(b, word)
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
	return words("on", formatCommand(r.Command), quoteName(r.From)+"->"+quoteName(r.To), ordinal, r.Fate.String(), then)
}

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
		late = "reorder " + FormatDuration(f.Delay)
	case f.Delay > 0:
		late = "delay " + FormatDuration(f.Delay)
	}
	return words(when(f.Drop, "drop"), dup, late, when(f.Corrupt, "corrupt"), when(f.Refuse, "refuse"), when(f.Break, "break"))
}

// String writes an expectation as a scenario has it.
func (e *Expect) String() string {
	a, b, at := quoteName(e.a), quoteName(e.b), "at "+FormatDuration(e.at)
	switch e.kind {
	case expectLinked:
		if e.within > 0 {
			of := "start"
			if e.ofHeal {
				of = "heal"
			}
			return words("expect linked", a, b, "within", FormatDuration(e.within), "of", of)
		}
		return words("expect linked", a, b, at)
	case expectUnlinked:
		return words("expect unlinked", a, b, at)
	case expectActive:
		return words("expect active", a, b, at)
	case expectInactive:
		return words("expect inactive", a, b, at)
	case expectBackoff:
		return words("expect backoff", a, b, strconv.Itoa(e.n), at)
	case expectMark:
		return words("expect mark", strconv.Quote(e.text))
	case expectDrop:
		return words("expect drop", e.text, "at", a)
	case expectRan:
		return words("expect ran", quoteName(e.text), "at", b, strconv.Itoa(e.n))
	case expectDone:
		return words("expect", quoteName(e.text), "done within", FormatDuration(e.within))
	}
	for _, o := range outcomeWords {
		if o.outcome == e.outcome {
			return words("expect", quoteName(e.text), "from", b, o.word)
		}
	}
	return ""
}

// lasts returns when the last thing happens that a line speaks of.
func (l *Line) lasts() time.Duration {
	var d time.Duration
	switch f := l.Fault.(type) {
	case Partition:
		d = f.For
	case Cut:
		d = f.For
	case Isolate:
		d = f.For
	case Clog:
		d = f.For
	case Full:
		d = f.For
	case Pause:
		d = f.For
	case Slow:
		d = f.For
	case Deaf:
		d = f.For
	case Clock:
		d = f.For
	case Calling:
		d = f.Timeout
	}
	return l.At + d
}
