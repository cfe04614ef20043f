package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/term"
)

// top shows how far a sweep is until it is complete, or once where nobody watches.
func (a *app) top(ctx context.Context, args []string) (int, error) {
	f := a.flags("top")
	p := a.placeFlags(f)
	once := f.Bool("once", a.screen == nil, "show it once (the default if the output is no terminal)")
	if err := parse(f, args); err != nil {
		return exitUsage, err
	}
	log := a.logger(p)
	c, stop, err := p.reach(log)
	if err != nil {
		return exitUsage, err
	}
	defer stop()
	l, t, err := p.openTally(ctx, c, log)
	if err != nil {
		return exitUsage, err
	}
	work, err := taskOf(l.Plan().Work)
	if err != nil {
		return exitUsage, err
	}
	s := &screen{name: p.name, work: work.words(), plan: l.Plan(), tally: t, heard: &heard{workers: map[string]*heardOf{}}}
	listening, err := c.Subscribe(l.Subject(), s.heard.hear)
	if err != nil {
		return exitUsage, err
	}
	defer func() { _ = listening.Unsubscribe() }()
	if *once {
		sleep(ctx, 2*statusEvery) // to hear of every worker, and of how fast they are
	}
	for began := true; ; began = false {
		if err := t.read(ctx); err != nil {
			return exitUsage, err
		}
		if s.waiting, s.held, err = l.Left(ctx); err != nil {
			return exitUsage, err
		}
		a.draw(s, began && !*once, *once)
		if *once || t.complete() {
			return exitFine, nil
		}
		if !sleep(ctx, statusEvery) {
			return exitFine, nil // who looks need not wait for the end
		}
	}
}

// Sequences of a terminal: clear it; go to the first place; erase to the end of the line, and
// below.
const (
	seqClear = "\x1b[2J"
	seqHome  = "\x1b[H"
	seqLine  = "\x1b[K"
	seqBelow = "\x1b[J"
)

// The size of a screen that is none.
const (
	plainWidth  = 120
	plainHeight = 1000
)

// draw shows a screen: over the one before, or as plain lines.
func (a *app) draw(s *screen, first, plain bool) {
	width, height := plainWidth, plainHeight
	if a.screen != nil {
		if w, h, err := term.GetSize(int(a.screen.Fd())); err == nil && w > 0 && h > 0 {
			width, height = w, h
		}
	}
	lines := s.lines(time.Now(), width)
	if plain {
		fmt.Fprintln(a.out, strings.Join(lines, "\n"))
		return
	}
	if len(lines) > height-1 {
		lines = append(lines[:height-2], "...")
	}
	var b strings.Builder
	if first {
		b.WriteString(seqClear)
	}
	b.WriteString(seqHome)
	for _, line := range lines {
		b.WriteString(line + seqLine + "\r\n")
	}
	b.WriteString(seqBelow)
	fmt.Fprint(a.out, b.String())
}

// heard is what workers have said of themselves.
type heard struct {
	mu      sync.Mutex
	workers map[string]*heardOf
}

// heardOf is what one worker has said last, and before.
type heardOf struct {
	status
	at     time.Time
	before status
	was    time.Time
}

// hear takes in what a worker says.
func (h *heard) hear(m *nats.Msg) {
	var s status
	if json.Unmarshal(m.Data, &s) != nil || s.Worker == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.workers[s.Worker]
	if w == nil {
		w = &heardOf{before: s, was: time.Now()}
		h.workers[s.Worker] = w
	}
	w.status, w.at = s, time.Now()
	if w.at.Sub(w.was) > paceOver { // so that a pace is one of the last seconds
		w.before, w.was = w.mid(s)
	}
}

// paceOver is the time over which the pace of a worker is measured.
const paceOver = 10 * time.Second

// mid returns where to measure a pace from, from now on.
func (w *heardOf) mid(s status) (status, time.Time) {
	before := w.before
	before.Seeds += (s.Seeds - before.Seeds) / 2
	return before, w.was.Add(w.at.Sub(w.was) / 2)
}

// pace returns how many seeds a worker runs in a second.
func (w *heardOf) pace() float64 {
	if d := w.at.Sub(w.was); d > 0 {
		return float64(w.Seeds-w.before.Seeds) / d.Seconds()
	}
	return 0
}

// silentMax is how long after its last word a worker is shown.
const silentMax = time.Minute

// list returns the workers that have been heard of late, by their names.
func (h *heard) list(now time.Time) (list []heardOf) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, w := range h.workers {
		if now.Sub(w.at) > silentMax {
			delete(h.workers, name)
			continue
		}
		list = append(list, *w)
	}
	slices.SortFunc(list, func(a, b heardOf) int { return strings.Compare(a.Worker, b.Worker) })
	return list
}
