package core

import "encoding/binary"

// output collects what a machine has to say: the actions of the present Step,
// the payloads that these refer to, and the counts of all Steps.
type output struct {
	actions []Action // the caller's destination, during a Step only
	scratch []byte   // payloads built in the present Step
	stats   Stats    // but for what Machine.Stats counts on demand
}

// begin makes dst the destination of the actions of one Step.
func (o *output) begin(dst []Action) {
	o.actions = dst
	o.scratch = o.scratch[:0]
}

// end returns the destination with the actions of the Step.
func (o *output) end() []Action {
	dst := o.actions
	o.actions = nil
	return dst
}

// emit appends an action for the caller to fill in, which must be done before the
// next one is emitted. It is built where it stays: it has the size of a few cache
// lines, and to copy it from call to call was a good part of a Step.
func (o *output) emit(kind ActionKind) *Action {
	n := len(o.actions)
	if n < cap(o.actions) {
		o.actions = o.actions[:n+1]
		o.actions[n] = Action{}
	} else {
		o.actions = append(o.actions, Action{})
	}
	a := &o.actions[n]
	a.Kind = kind
	return a
}

// refuse emits that an event of the user was refused.
func (o *output) refuse(ev *Event, why Refusal) {
	o.stats.Refusals[why]++
	a := o.emit(ActRefuse)
	a.Peer, a.Call, a.Ticket, a.Refusal = ev.Peer, ev.Call, ev.Ticket, why
}

// drop emits that something of a remote peer was ignored.
func (o *output) drop(name string, link Link, c Command, why Drop) {
	o.stats.Drops[why]++
	a := o.emit(ActDrop)
	a.Peer, a.Link, a.Command, a.Drop = name, link, c, why
}

// send emits a Send on link, which leads to the peer of that name, for the caller
// to add what the command carries.
func (o *output) send(name string, link Link, c Command) *Action {
	o.stats.FramesOut[c]++
	a := o.emit(ActSend)
	a.Peer, a.Link, a.Command = name, link, c
	return a
}

// hangUp emits that a dialling link is to be closed.
func (o *output) hangUp(name string, link Link) {
	a := o.emit(ActHangUp)
	a.Peer, a.Link = name, link
}

// result emits what became of a call at one peer, for the caller to add what
// came with it.
func (o *output) result(call CallID, name string, what Outcome) *Action {
	o.stats.Outcomes[what]++
	a := o.emit(ActResult)
	a.Call, a.Peer, a.Outcome = call, name, what
	return a
}

// since returns what was appended to the scratch from n on: bytes that live
// until the next Step and that nothing is appended to.
func (o *output) since(n int) []byte { return o.scratch[n:len(o.scratch):len(o.scratch)] }

// text returns s as bytes that live until the next Step.
func (o *output) text(s string) []byte {
	n := len(o.scratch)
	o.scratch = append(o.scratch, s...)
	return o.since(n)
}

// meet returns the payload of a STAY or MEET that tells this incarnation.
func (o *output) meet(incarnation uint64) []byte {
	n := len(o.scratch)
	o.scratch = AppendMeet(o.scratch, Meet{extensionsOurs, incarnation})
	return o.since(n)
}

// stay returns the payload of a STAY to p: that of a MEET, and the calls that were not
// run.
func (o *output) stay(p *peer) []byte {
	n := len(o.scratch)
	o.meet(p.self)
	o.scratch = appendUnrun(o.scratch, p.unrun)
	return o.since(n)
}

// part returns the payload of a PART: version, reason.
func (o *output) part(reason partReason) []byte {
	n := len(o.scratch)
	o.scratch = append(o.scratch, extensionVersion, byte(reason))
	return o.since(n)
}

// tick returns the payload of a TICK: its counter.
func (o *output) tick(counter uint64) []byte {
	n := len(o.scratch)
	o.scratch = binary.BigEndian.AppendUint64(o.scratch, counter)
	return o.since(n)
}
