package core

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestTranscripts plays every file of testdata/transcript and compares what the
// nodes did, line by line. With -rewrite the files take what happens now; the
// difference is then to be read against docs/PROTOCOL.md.
//
// A file is a life of a link. Its commands:
//
//	nodes                 lines: name [old] [timers] [network=n] [inc=n] [serving-max=n] [peers-max=n]
//	connect a b           also: disconnect a b
//	call a as=1 [to=(b)] [timeout=5s] [method=S.M] [idempotent]
//	cast a [to=(b)]       also: cancel a as=1
//	hold b                handlers wait for: reply b [n=0] [err=text]
//	run 10s [hide=(TICK,TOCK)] [quiet]
//	drop STAY b a [n=1]   also: delay TOCK b a by=1s, twice CALL a b by=1ms
//	cut a b               the connections break; part a b: nothing passes, nobody is told; heal a b
//	crash b               also: start b [inc=n], stop b
//	refuse b STAY         the next one can't be sent
//	frame a b listen#1 TICK [body=text] [hex=00ff] [id=1 [method=S.M] [noerr]]
//	status
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcript", func(t *testing.T, path string) {
		s := &script{w: &wire{latency: time.Millisecond, parted: map[string]bool{}}}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			s.w.out = &out
			s.command(t, d)
			if s.w.err != nil {
				t.Fatalf("%s: %v\n%s", d.Pos, s.w.err, out.String())
			}
			return out.String()
		})
	})
}

// script reads the commands of a transcript.
type script struct{ w *wire }

func (s *script) command(t *testing.T, d *datadriven.TestData) {
	w := s.w
	switch d.Cmd {
	case "nodes":
		for _, fields := range strings.Split(strings.TrimSpace(d.Input), "\n") {
			s.addNode(t, d, strings.Fields(fields))
		}
	case "run":
		s.run(t, d)
	case "status":
		s.status()
	case "drop", "delay", "twice":
		f := &fault{kind: d.Cmd, command: ParseCommand([]byte(s.arg(t, d, 0))), from: s.arg(t, d, 1), to: s.arg(t, d, 2), left: 1}
		d.MaybeScanArgs(t, "n", &f.left)
		f.delay = duration(t, d, "by", 0)
		w.faults = append(w.faults, f)
	case "cut":
		w.cut(s.node(t, d, 0), s.node(t, d, 1))
	case "part":
		w.parted[s.arg(t, d, 0)+" "+s.arg(t, d, 1)] = true
	case "heal":
		w.parted = map[string]bool{}
	case "latency":
		w.latency = parseDuration(t, d, s.arg(t, d, 0))
	case "crash":
		s.crash(s.node(t, d, 0))
	case "start":
		s.start(t, d, s.node(t, d, 0))
	case "refuse":
		n := s.node(t, d, 0)
		n.refuse = append(n.refuse, ParseCommand([]byte(s.arg(t, d, 1))))
	case "hold":
		s.node(t, d, 0).hold = true
	case "release":
		s.node(t, d, 0).hold = false
	default:
		s.event(t, d)
	}
}

// event feeds a node what its user wants, or a frame from nowhere.
func (s *script) event(t *testing.T, d *datadriven.TestData) {
	n := s.node(t, d, 0)
	ev := Event{Method: []byte("S.M"), Body: []byte("args")}
	d.MaybeScanArgs(t, "to", &ev.To)
	d.MaybeScanArgs(t, "as", (*uint64)(&ev.Call))
	if d.HasArg("method") {
		ev.Method = []byte(text(t, d, "method"))
	}
	switch d.Cmd {
	case "redial":
		ev.Kind, ev.Peer = EvRedial, s.arg(t, d, 1)
	case "connect", "disconnect":
		ev.Kind = EvConnect
		ev.Peer, ev.Address = s.arg(t, d, 1), s.arg(t, d, 1)
		if d.HasArg("address") {
			ev.Address = text(t, d, "address")
		}
		if d.Cmd == "disconnect" {
			ev.Kind = EvDisconnect
		}
	case "call":
		ev.Kind, ev.Timeout, ev.Idempotent = EvCall, duration(t, d, "timeout", 5*time.Second), d.HasArg("idempotent")
	case "cast":
		ev.Kind = EvCast
	case "cancel":
		ev.Kind = EvCancel
	case "stop":
		ev.Kind = EvStop
	case "reply":
		ev.Kind = EvReply
		i := 0
		d.MaybeScanArgs(t, "n", &i)
		if i >= len(n.held) {
			d.Fatalf(t, "%d requests are held", len(n.held))
		}
		ev.Ticket, ev.Method, ev.Body = n.held[i].Ticket, n.held[i].Method, []byte("ok")
		if d.HasArg("err") {
			ev.Err = []byte(text(t, d, "err"))
		}
		delete(n.audit.tickets, ev.Ticket)
		n.held = append(n.held[:i], n.held[i+1:]...)
	case "frame":
		ev = s.frame(t, d)
	default:
		d.Fatalf(t, "unknown command %q", d.Cmd)
	}
	s.w.feed(n, &ev)
}

// frame makes a frame of no connection.
func (s *script) frame(t *testing.T, d *datadriven.TestData) Event {
	ev := Event{Kind: EvFrame, Peer: s.arg(t, d, 1), Command: ParseCommand([]byte(s.arg(t, d, 3)))}
	half, n, _ := strings.Cut(s.arg(t, d, 2), "#")
	ev.Link.Half = Listening
	if half == "dial" {
		ev.Link.Half = Dialling
	}
	if _, err := fmt.Sscan(n, &ev.Link.N); err != nil {
		d.Fatalf(t, "link %q: %v", s.arg(t, d, 2), err)
	}
	if d.HasArg("body") {
		ev.Body = []byte(text(t, d, "body"))
	}
	if d.HasArg("hex") {
		body, err := hex.DecodeString(text(t, d, "hex"))
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		ev.Body = body
	}
	if d.HasArg("id") {
		var id int
		d.ScanArgs(t, "id", &id)
		a := Action{Command: ev.Command, ID: uint32(id), Method: []byte("S.M"), Body: []byte("args")}
		if d.HasArg("method") {
			a.Method = []byte(text(t, d, "method"))
		}
		if d.HasArg("noerr") { // an old peer's BACK that says: could not be run
			a.Command, a.Body = CALL, nil
		}
		ev.Body = AppendPayload(nil, &a)
	}
	return ev
}

func (s *script) addNode(t *testing.T, d *datadriven.TestData, fields []string) {
	n := &node{name: fields[0], handler: time.Millisecond, reports: true}
	s.w.nodes = append(s.w.nodes, n)
	cfg := Config{Name: n.name, Network: "net", Incarnation: uint64(len(s.w.nodes)), Seed: uint64(len(s.w.nodes))}
	old := false
	for _, f := range fields[1:] {
		key, value, _ := strings.Cut(f, "=")
		var number int
		if _, err := fmt.Sscan(value, &number); err != nil && key != "network" && value != "" {
			d.Fatalf(t, "%s: %v", f, err)
		}
		switch key {
		case "old":
			old = true
		case "timers":
			n.reports = false
		case "network":
			cfg.Network = value
		case "inc":
			cfg.Incarnation = uint64(number)
		case "serving-max":
			cfg.Limits.ServingPeerMax = number
		case "calls-max":
			cfg.Limits.CallsMax = number
		case "peers-max":
			cfg.Limits.PeersMax = number
		case "body-max":
			cfg.Limits.BodyBytesMax = number
		default:
			d.Fatalf(t, "node %s: what is %q?", n.name, f)
		}
	}
	cfg.LinksReported = n.reports
	if old {
		n.reports = true // what its ZeroMQ sees; the node itself is not told
		n.party = newOriginal(n.name, cfg.Network)
		return
	}
	s.boot(t, d, n, cfg)
}

func (s *script) boot(t *testing.T, d *datadriven.TestData, n *node, cfg Config) {
	m, err := New(cfg)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	n.party, n.audit = &oursParty{m}, newAudit(cfg)
}

func (s *script) crash(n *node) {
	n.down = true
	for _, other := range s.w.nodes {
		s.w.cut(n, other)
	}
	n.life++
}

func (s *script) start(t *testing.T, d *datadriven.TestData, n *node) {
	n.down, n.held, n.accepted, n.dialled = false, nil, 0, nil
	switch p := n.party.(type) {
	case *original:
		n.party = newOriginal(n.name, p.network)
	case *oursParty:
		cfg := p.m.Config()
		cfg.Incarnation += 100 // another life
		s.boot(t, d, n, cfg)
	}
	s.w.feed(n, &Event{Kind: EvTimeout})
}

func (s *script) run(t *testing.T, d *datadriven.TestData) {
	s.w.hide = nil
	d.MaybeScanArgs(t, "hide", &s.w.hide)
	end := s.w.now.Add(parseDuration(t, d, s.arg(t, d, 0)))
	out := s.w.out
	if d.HasArg("quiet") {
		s.w.out = new(strings.Builder)
	}
	for s.w.next(end) {
	}
	s.w.hide, s.w.out = nil, out
}

func (s *script) status() {
	for _, n := range s.w.nodes {
		switch p := n.party.(type) {
		case *original:
			for _, e := range p.entries {
				fmt.Fprintf(s.w.out, "%s to %s: %v (old)\n", n.name, e.peer, e.state)
			}
		case *oursParty:
			for _, st := range p.m.AppendStatus(nil) {
				active := "inactive"
				if st.Active {
					active = "active"
				}
				fmt.Fprintf(s.w.out, "%s to %s: %v/%v %s k=%d\n", n.name, st.Name, st.Dialling, st.Listening, active, st.Backoff)
			}
			fmt.Fprintf(s.w.out, "%s: deadline %s\n", n.name, seconds(p.m.Deadline()))
		}
	}
}

func (s *script) arg(t *testing.T, d *datadriven.TestData, i int) string {
	if i >= len(d.CmdArgs) {
		d.Fatalf(t, "%s: argument %d is missing", d.Cmd, i+1)
	}
	return d.CmdArgs[i].Key
}

func (s *script) node(t *testing.T, d *datadriven.TestData, i int) *node {
	n := s.w.node(s.arg(t, d, i))
	if n == nil {
		d.Fatalf(t, "no node %q", s.arg(t, d, i))
	}
	return n
}

func text(t *testing.T, d *datadriven.TestData, key string) string {
	var v string
	d.ScanArgs(t, key, &v)
	return v
}

func duration(t *testing.T, d *datadriven.TestData, key string, byDefault time.Duration) time.Duration {
	if !d.HasArg(key) {
		return byDefault
	}
	return parseDuration(t, d, text(t, d, key))
}

func parseDuration(t *testing.T, d *datadriven.TestData, s string) time.Duration {
	v, err := time.ParseDuration(s)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	return v
}
