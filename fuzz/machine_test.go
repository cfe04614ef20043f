package fuzz

import (
	"bytes"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// machineOpsMax bounds one input, so that what a run costs hangs on what the machine
// does and not on the length of the tape.
const machineOpsMax = 400

// machinePeers are more than machineLimits has room for.
var machinePeers = [...]string{"a", "b", "c", "x", "y"}

// machineLimits are small, so that every one is reached.
var machineLimits = core.Limits{PeersMax: 3, CallsMax: 4, ServingMax: 3, ServingPeerMax: 2, BodyBytesMax: 200, MethodBytesMax: 20}

// machineStay is the payload of a STAY or MEET of a peer of ours: the rest of it, eight
// bytes, is its incarnation.
const machineStay = "\x01\x00\x00\x00\x07incarnat"

// driven is one machine in the hands of a tape, and what its driver has to remember.
type driven struct {
	*tape
	t           *testing.T
	m, twin     *core.Machine // the twin takes the same events, into other slices
	now         core.Instant
	actions     []core.Action
	links       uint64               // number of the newest accepted link
	accepted    map[string]core.Link // by peer: the newest accepted link
	dialled     map[string]core.Link
	tick        map[core.Link][]byte // what a TOCK has to repeat
	asked       uint32               // id of the newest CALL
	request     uint32               // id of the newest request of a peer
	refusals    byte                 // a bit a send: it can't be carried out
	calls       core.CallID
	open        map[core.CallID]map[string]bool // calls that have not ended, and their outcomes
	served      []core.Ticket
	up          map[string]bool
	stopped     bool
	reportsLink bool
}

// FuzzMachine has a tape drive one machine through every event that a driver and
// peers can bring about, sensible or not. Its promises to the driver are kept, whatever
// comes: docs of core, "Invariants".
func FuzzMachine(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 1, 0, 0x11, 0x0c, 200, 7, 0x0b, 2, 0, 0x03, 40})          // connect, dial, join, be served, call
	f.Add([]byte{1, 9, 0x19, 0x29, 0x0c, 255, 0x39, 0x0f, 9, 3, 4, 6})        // more peers than there is room for; stop, and what comes behind it
	f.Add([]byte{3, 1, 0x0c, 90, 7, 0x0d, 255, 3, 0x0c, 255, 0x08, 0x0d, 15}) // sends that are refused
	// An original says STAY and answers no TICK: limbo, and JOIN again after a while.
	f.Add(append([]byte{0, 1, 0, 7, 11, 16 + byte(core.STAY)}, make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, input []byte) {
		in := &tape{bytes: input}
		d := newDriven(t, in)
		for range machineOpsMax {
			if len(in.bytes) == 0 {
				break
			}
			d.operate(in.next())
		}
		d.finish()
	})
}

func newDriven(t *testing.T, in *tape) *driven {
	first := in.next()
	cfg := core.Config{
		Name: "m", Network: "net", Incarnation: 7, Seed: uint64(first), LinksReported: first&1 == 0, Limits: machineLimits,
		Timing: core.DefaultTiming().Scaled(1, 20),
	}
	d := &driven{
		tape: in, t: t, now: 1, accepted: map[string]core.Link{}, dialled: map[string]core.Link{}, tick: map[core.Link][]byte{},
		open: map[core.CallID]map[string]bool{}, up: map[string]bool{}, reportsLink: cfg.LinksReported,
	}
	for _, m := range [...]**core.Machine{&d.m, &d.twin} {
		var err error
		if *m, err = core.New(cfg); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// operate does what one byte says: what is done in its low half, to whom above.
func (d *driven) operate(op byte) {
	peer := machinePeers[int(op>>4)%len(machinePeers)]
	switch op & 15 {
	case 0:
		d.wait()
	case 1:
		d.feed(core.Event{Kind: core.EvConnect, Peer: peer, Address: "here"})
	case 2:
		d.feed(core.Event{Kind: core.EvDisconnect, Peer: peer})
	case 3:
		d.call(peer)
	case 4:
		d.feed(core.Event{Kind: core.EvCast, Method: []byte("S.M"), Body: []byte("arguments")})
	case 5:
		d.feed(core.Event{Kind: core.EvCancel, Call: core.CallID(d.next()) % (d.calls + 1)})
	case 6:
		d.reply()
	case 7:
		if link, ok := d.dialled[peer]; ok && d.reportsLink {
			d.feed(core.Event{Kind: core.EvLinkUp, Peer: peer, Link: link})
		}
	case 8:
		d.lose(peer)
	case 9:
		d.links++
		d.accepted[peer] = core.Link{Half: core.Listening, N: d.links}
		if d.reportsLink {
			d.feed(core.Event{Kind: core.EvLinkUp, Peer: peer, Link: d.accepted[peer]})
		}
		d.feed(core.Event{Kind: core.EvFrame, Peer: peer, Link: d.accepted[peer], Command: core.JOIN, Body: []byte("net")})
	case 10:
		d.frame(peer, d.accepted[peer])
	case 11:
		d.frame(peer, d.dialled[peer])
	case 12:
		d.now = d.now.Add(time.Duration(d.next()) * 10 * time.Millisecond)
		d.feed(core.Event{Kind: core.EvTimeout})
	case 13:
		d.refusals = d.next()
	case 14:
		d.nonsense(peer)
	default:
		d.feed(core.Event{Kind: core.EvStop})
	}
}

// wait lets time pass until the machine's deadline.
func (d *driven) wait() {
	if at := d.m.Deadline(); at != core.Never {
		d.now = max(d.now, at)
		d.feed(core.Event{Kind: core.EvTimeout})
	}
}

func (d *driven) call(peer string) {
	d.calls++
	how := d.next()
	ev := core.Event{Kind: core.EvCall, Call: d.calls, Method: []byte("S.M"), Body: []byte("arguments"), Idempotent: how&1 == 1}
	if how&2 != 0 {
		ev.To = []string{peer, "m", peer, "nobody", machinePeers[how>>4%byte(len(machinePeers))]}
	}
	ev.Timeout = time.Duration(how) * 50 * time.Millisecond // 0 is refused
	d.open[ev.Call] = map[string]bool{}
	d.feed(ev)
}

func (d *driven) reply() {
	ticket := core.Ticket(d.next()) // one that there never was
	if len(d.served) > 0 {
		ticket = d.served[0]
		d.served = d.served[1:]
	}
	d.feed(core.Event{Kind: core.EvReply, Ticket: ticket, Method: []byte("S.M"), Body: []byte("reply")})
}

// lose ends a link: the peer's dialled one, or else its accepted one.
func (d *driven) lose(peer string) {
	link, ok := d.dialled[peer]
	if !ok {
		link = d.accepted[peer]
	}
	delete(d.dialled, peer)
	d.feed(core.Event{Kind: core.EvLinkLost, Peer: peer, Link: link, Cause: core.CauseLost})
}

// frame has a peer send something on one of its links.
func (d *driven) frame(peer string, link core.Link) {
	how := d.next()
	ev := core.Event{Kind: core.EvFrame, Peer: peer, Link: link, Command: core.Command(how & 15)}
	switch {
	case ev.Command == core.JOIN:
		ev.Body = []byte("net")
	case (ev.Command == core.STAY || ev.Command == core.MEET) && how&16 == 0:
		ev.Body = []byte(machineStay)
	case ev.Command == core.TICK:
		ev.Body = make([]byte, 8)
	case ev.Command == core.TOCK:
		ev.Body = d.tick[link]
	case ev.Command == core.PART:
		ev.Body = []byte{1, how >> 4}[:how>>4&2]
	case ev.Command == core.CALL || ev.Command == core.CAST:
		if how&32 == 0 { // else it is repeated
			d.request++
		}
		ev.Body = core.AppendPayload(nil, &core.Action{Command: ev.Command, ID: d.request, Method: []byte("S.M"), Body: []byte("x")})
	case ev.Command == core.BACK || ev.Command == core.VOID:
		ev.Body = core.AppendPayload(nil, &core.Action{Command: ev.Command, ID: d.asked, Method: []byte("S.M"), Body: []byte("x")})
	}
	if how&192 == 192 { // cut short, or bytes of the tape
		ev.Body = append(ev.Body[:len(ev.Body)/2:len(ev.Body)/2], d.next())
	}
	d.feed(ev)
}

// nonsense feeds an event that no honest driver has a reason for.
func (d *driven) nonsense(peer string) {
	kind := core.EventKind(d.next() % 14)
	names := [...]string{peer, "m", "", "\x00a"}
	ev := core.Event{
		Kind: kind, Peer: names[d.next()%4], Link: core.Link{Half: core.Half(d.next() % 4), N: uint64(d.next())}, Command: core.Command(d.next() % 16),
		Ticket: core.Ticket(d.next()), Body: d.bytes[:min(len(d.bytes), int(d.next()))], Cause: core.CauseLost,
	}
	if kind == core.EvCall || kind == core.EvStop || kind == core.EvSendRefused {
		return // they have operations of their own
	}
	d.feed(ev)
}

// feed steps both machines, and holds what comes out against what was promised. Sends
// that are refused are fed back before anything else.
func (d *driven) feed(ev core.Event) {
	ev.At = d.now
	d.stopped = d.stopped || ev.Kind == core.EvStop
	d.actions = d.m.Step(d.actions[:0], &ev)
	if again := d.twin.Step(nil, &ev); len(again) != len(d.actions) {
		d.t.Fatalf("%v: %d actions, and %d of the twin", ev.Kind, len(d.actions), len(again))
	}
	var refused []core.Event
	for i := range d.actions {
		a := &d.actions[i]
		if d.action(a); a.Kind == core.ActSend {
			if d.refusals&1 != 0 {
				refused = append(refused, core.Event{
					Kind: core.EvSendRefused, Peer: a.Peer, Link: a.Link, Command: a.Command, ID: a.ID, Cause: core.CauseWouldBlock,
				})
			}
			d.refusals >>= 1
		}
	}
	if n := len(d.m.AppendStatus(nil)); n > machineLimits.PeersMax {
		d.t.Fatalf("%v: %d peers are known", ev.Kind, n)
	}
	if at := d.m.Deadline(); len(refused) == 0 && ev.Kind != core.EvSendRefused && at <= d.now {
		d.t.Fatalf("%v at %d: the deadline %d is not in the future", ev.Kind, d.now, at)
	}
	for i := range refused {
		d.feed(refused[i])
	}
}

// action takes note of one action.
func (d *driven) action(a *core.Action) {
	switch a.Kind {
	case core.ActDial:
		d.dialled[a.Peer] = a.Link
	case core.ActHangUp:
		if d.dialled[a.Peer] == a.Link {
			delete(d.dialled, a.Peer)
		}
	case core.ActSend:
		switch a.Command {
		case core.TICK:
			d.tick[a.Link] = bytes.Clone(a.Body)
		case core.CALL:
			d.asked = a.ID
		}
	case core.ActServe:
		d.served = append(d.served, a.Ticket)
		if len(d.served) > machineLimits.ServingMax {
			d.t.Fatalf("%d requests are being served", len(d.served))
		}
	case core.ActResult:
		if got, ok := d.open[a.Call]; !ok || got[a.Peer] {
			d.t.Fatalf("a second outcome of %s, or one of a call that has ended", a.Peer)
		}
		d.open[a.Call][a.Peer] = true
	case core.ActDone, core.ActRefuse:
		delete(d.open, a.Call)
	case core.ActPeerUp, core.ActPeerDown:
		if d.up[a.Peer] == (a.Kind == core.ActPeerUp) {
			d.t.Fatalf("%s is %v twice", a.Peer, a.Kind)
		}
		d.up[a.Peer] = a.Kind == core.ActPeerUp
	}
}

// finish compares what both machines have come to, and looks for what a stop leaves.
func (d *driven) finish() {
	if a, b := d.m.AppendState(nil), d.twin.AppendState(nil); !bytes.Equal(a, b) {
		d.t.Fatalf("states differ:\n%x\n%x", a, b)
	}
	if a, b := d.m.AppendState(nil), d.m.Clone().AppendState(nil); !bytes.Equal(a, b) {
		d.t.Fatalf("a clone has another state:\n%x\n%x", a, b)
	}
	for _, st := range d.m.AppendStatus(nil) {
		if st.Active != d.up[st.Name] {
			d.t.Fatalf("%s is active: %v, but the driver was told %v", st.Name, st.Active, d.up[st.Name])
		}
	}
	if !d.stopped {
		d.feed(core.Event{Kind: core.EvStop})
	}
	for len(d.served) > 0 {
		d.reply()
	}
	if n := len(d.m.AppendStatus(nil)); n+len(d.open) > 0 || d.m.Deadline() != core.Never {
		d.t.Fatalf("after the stop %d peers and %d calls are left, deadline %d", n, len(d.open), d.m.Deadline())
	}
}
