package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// replayRecord feeds a recording of a node to the core again.
func replayRecord(c *console, args []string) (int, error) {
	f := c.flagSet("replay-record")
	trace := f.Bool("trace", false, "print every step")
	breakAt := f.Uint64("break-at", 0, "print the state before that event, and stop there for a debugger if there is one")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() == 0 {
		return 0, errors.New("name a recording, as bilateralrpc.Recorder writes it")
	}
	return c.eachFile("replay-record", f.Args(), true, func(name string) (int, error) {
		return c.replayFile(name, *trace, *breakAt)
	}), nil
}

// readRecording reads a recording, or standard input for "-".
func readRecording(c *console, name string) (*record.Recording, error) {
	from := c.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	r, err := record.Read(from)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

func (c *console) replayFile(name string, trace bool, breakAt uint64) (int, error) {
	r, err := readRecording(c, name)
	if err != nil {
		return 0, err
	}
	fmt.Fprint(c.out, aboutRecording(name, r))
	p, err := r.Play()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if breakAt > 0 && breakAt <= r.First {
		return 0, fmt.Errorf("%s: -break-at %d: the recording begins behind event %d", name, breakAt, r.First)
	}
	last := r.First
	for {
		if last+1 == breakAt {
			c.breakBefore(p, breakAt)
		}
		step, err := p.Next()
		var state *record.StateError
		switch {
		case err == io.EOF && breakAt > last:
			return 0, fmt.Errorf("%s: -break-at %d: the last event is %d", name, breakAt, last)
		case err == io.EOF:
			fmt.Fprintf(c.out, "ok    events %d to %d give the recorded actions\n", r.First+1, last)
			return exitFine, nil
		case errors.As(err, &state):
			fmt.Fprintf(c.out, "DIFF  %v\n", err)
			return exitDigest, nil
		case err != nil:
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		last = step.Number
		if step.Gap {
			fmt.Fprintf(c.out, "      events before %d are not in the recording: they had no room\n", step.Number)
		}
		if trace || step.Differs || step.Panic != nil {
			fmt.Fprint(c.out, stepText(r, step))
		}
		if code, over := c.judgeStep(r, step); over {
			return code, nil
		}
	}
}

// judgeStep says whether the recording is over with this step, and the exit status.
func (c *console) judgeStep(r *record.Recording, step *record.Step) (code int, over bool) {
	switch {
	case step.Panic != nil && step.Unfinished:
		fmt.Fprintf(c.out, "panic the machine panics at event %d, as the recorded one did: %v\n", step.Number, step.Panic)
		return exitViolation, true
	case step.Unfinished:
		fmt.Fprintf(c.out, "DIFF  the recorded machine did not come back from event %d, and this one does: it is of another version,\n      or its process had broken memory\n", step.Number)
		return exitDigest, true
	case step.Differs:
		fmt.Fprintf(c.out, "DIFF  event %d is the first whose actions are not the recorded ones; above is what they are now\n", step.Number)
		if r.Software != "" {
			fmt.Fprintf(c.out, "      the recording is of version %s: replay it with that one\n", r.Software)
		}
		return exitDigest, true
	}
	return 0, false
}

// breakBefore prints the state before an event, and stops for a debugger. Without one that
// would end the process, which says nothing to anybody.
func (c *console) breakBefore(p *record.Player, number uint64) {
	m := p.Machine
	fmt.Fprintf(c.out, "break before event %d; the machine waits until %s\n", number, instant(m.Deadline()))
	for _, s := range m.AppendStatus(nil) {
		fmt.Fprintf(c.out, "      %s: dialling %v by %v, listening %v by %v, active %v, pending %d, serving %d, failed phases %d\n",
			s.Name, s.Dialling, s.DiallingLink, s.Listening, s.ListeningLink, s.Active, s.Pending, s.Serving, s.Backoff)
	}
	if !debugged() {
		fmt.Fprintf(c.out, "      under a debugger it stops here: dlv debug ./cmd/bilsim -- replay-record -break-at %d FILE, then continue,\n      stepout, and step into p.Next and core's Step\n", number)
		return
	}
	runtime.Breakpoint()
}

// debugged says whether a debugger holds this process, as far as the system tells.
func debugged() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	_, after, ok := strings.Cut(string(status), "TracerPid:\t")
	return ok && !strings.HasPrefix(after, "0\n")
}

// instant is a time of a node as text.
func instant(t core.Instant) string {
	if t == core.Never {
		return "for ever"
	}
	return time.Duration(t).String()
}

// aboutRecording says what a recording is of.
func aboutRecording(name string, r *record.Recording) string {
	kept := "bytes of users as lengths"
	if r.Bodies {
		kept = "with bytes of users"
	}
	return fmt.Sprintf("      %s: node %q of network %q, written %s, %s\n", name, r.Config.Name, r.Config.Network, r.Written.Format(time.RFC3339), kept)
}

// stepText is a step as lines: its number and time, the event, and an action a line.
func stepText(r *record.Recording, step *record.Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%6d  %s  %s\n", step.Number, instant(step.Event.At), eventText(r, step.Event))
	for i := range step.Actions {
		fmt.Fprintf(&b, "        %12s| %s\n", "", actionText(r, &step.Actions[i]))
	}
	return b.String()
}

// eventText is an event on a line. Bytes that were not kept are shown as their number.
func eventText(r *record.Recording, ev *core.Event) string {
	if r.Bodies {
		return sim.EventLine(ev)
	}
	shown, note := *ev, ""
	spans := ev.OpaqueBody(nil, &r.Config.Limits)
	for _, s := range spans {
		note += fmt.Sprintf(" +%d bytes", s.To-s.From)
	}
	if len(spans) > 0 {
		shown.Body = ev.Body[:spans[0].From]
	}
	if payload, ok, _ := core.ParsePayload(ev.Command, ev.Body); ok && ev.Kind == core.EvFrame {
		shown.Body, shown.ID, shown.Method = nil, payload.ID, payload.Method
	}
	shown.Err, shown.Head = nil, nil
	return sim.EventLine(&shown) + note
}

// actionText is eventText for an action.
func actionText(r *record.Recording, a *core.Action) string {
	shown, note := *a, ""
	if ofUser := a.Kind != core.ActSend || a.Command == core.CALL || a.Command == core.CAST || a.Command == core.BACK; !r.Bodies && ofUser {
		if n := len(a.Body) + len(a.Err) + len(a.Head); n > 0 {
			note = fmt.Sprintf(" +%d bytes", n)
		}
		shown.Body, shown.Err, shown.Head = nil, nil, nil
	}
	return sim.ActionLine(&shown) + note
}
