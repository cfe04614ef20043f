package core

import "strconv"

// State is the state of one half of a peer. Only this file writes it, by the
// move methods of the two halves: diallingTable and listeningTable decide every
// state under every input, and the diagrams of docs/PROTOCOL.md are drawn from
// them.
type State uint8

// The states of a half.
const (
	// Idle: no link wanted (no address, or the other half serves), or none that joined.
	Idle State = iota
	// Waiting: between dial phases.
	Waiting
	// Reaching: in a dial phase, no link is up; a dial is under way or about to be.
	Reaching
	// Probe: a link to a peer that may serve us already is up; a TICK asks.
	Probe
	// Handshake: a link is up and JOIN is, or is about to be, on its way.
	Handshake
	// Limbo: an old peer said STAY but has not answered a TICK since. Not active.
	Limbo
	// Connected: established, and the last TICK was answered. Active.
	Connected
	// Check: established, and a TICK is unanswered. Active.
	Check
	// Draining: established, but the listening half has taken over.
	Draining
	// Serving: the peer's dial has joined (listening half only). Active.
	Serving
	stateCount
)

var stateNames = [stateCount]string{
	Idle: "Idle", Waiting: "Waiting", Reaching: "Reaching", Probe: "Probe", Handshake: "Handshake",
	Limbo: "Limbo", Connected: "Connected", Check: "Check", Draining: "Draining", Serving: "Serving",
}

func (s State) String() string {
	if s < stateCount {
		return stateNames[s]
	}
	return enumName(stateNames[:], int(s), "state")
}

// diallingInput is what can happen to a dialling half, with every condition on the
// other half already resolved, so that a cell has exactly one successor.
type diallingInput uint8

const (
	inConnect    diallingInput = iota // the user gave an address, and neither half is up
	inDial                            // Waiting is over
	inRedial                          // neither half is up any more, and there is an address
	inUp                              // the link is up, and JOIN is due
	inUpResume                        // the link is up, and the peer may serve us already
	inLost                            // the link is gone, or was given up
	inLostServed                      // the same, while the listening half serves
	inUnresumed                       // the TICK of a Probe was not answered in time
	inPhaseOver                       // the dial phase has failed
	inStayOurs                        // STAY from one that speaks our extensions
	inStayOld                         // STAY from one that does not
	inTock                            // TOCK for a TICK that may be answered here
	inRequest                         // CALL, CAST, BACK, MEET or VOID
	inTick                            // the next TICK is due
	inPartRejoin                      // PART: not joined
	inPartWait                        // PART without a reason, or wrong network
	inPartRedial                      // PART: the peer leaves
	inPartServed                      // PART of any kind while the listening half serves
	inServing                         // the listening half began to serve, after our JOIN
	inServingYet                      // the listening half began to serve, before our JOIN
	inProven                          // the peer's dial is proven and takes over
	inDrained                         // nothing needs the draining link any more
	inUndrain                         // the listening half ended while this one was draining
	inForget                          // the user disconnected, or the node stops
	diallingInputs
)

// listeningInput is what can happen to a listening half.
type listeningInput uint8

const (
	inJoin    listeningInput = iota // a JOIN of our network on a current link
	inFrame                         // any other frame of a dialler on the current link
	inUnjoin                        // the STAY could not be sent: the JOIN changed nothing
	inGone                          // the link is gone
	inSilence                       // nothing was heard for SERVE_TIME
	inLeave                         // PART from a dialler of ours
	inDismiss                       // the user disconnected, or the node stops
	listeningInputs
)

// cell is what an input does in a state: the next state, or why it is ignored.
// The zero cell is an input that can't occur there; meeting one is a broken
// invariant of this package.
type cell struct {
	to   State  // if it moves
	does effect // what the input does
	drop Drop   // if it is ignored: why what brought it is dropped; zero: it is not
}

// effect is what an input does in a state.
type effect uint8

const (
	never  effect = iota // can't occur
	moves                // to the state `to`
	ignore               // changes nothing; drop says why, zero for a harmless one
)

// Each row of diallingTable is a state, each entry an input. Frames in Idle and
// Waiting never get here: there is no current link they could belong to.
var diallingTable = [stateCount][diallingInputs]cell{
	Idle: {
		inConnect: {to: Waiting, does: moves},
		inRedial:  {to: Reaching, does: moves},
		inServing: {does: ignore}, inServingYet: {does: ignore}, inForget: {does: ignore},
		inProven: {does: ignore},
	},
	Waiting: {
		inDial:       {to: Reaching, does: moves},
		inServingYet: {to: Idle, does: moves}, // PROTOCOL 3.5
		inForget:     {to: Idle, does: moves},
		inProven:     {does: ignore},
	},
	Reaching: {
		inUp:         {to: Handshake, does: moves},
		inUpResume:   {to: Probe, does: moves},
		inLost:       {to: Reaching, does: moves},
		inPhaseOver:  {to: Waiting, does: moves},
		inServingYet: {to: Idle, does: moves},
		inForget:     {to: Idle, does: moves},
		inProven:     {does: ignore},
		// Without link reports a frame can come before we take the link as up.
		inStayOurs: {does: ignore, drop: DropState}, inStayOld: {does: ignore, drop: DropState},
		inTock: {does: ignore, drop: DropState}, inRequest: {does: ignore, drop: DropNotJoined},
		inPartRejoin: {does: ignore, drop: DropState}, inPartWait: {does: ignore, drop: DropState},
		inPartRedial: {does: ignore, drop: DropState},
	},
	Probe: {
		inLost:       {to: Reaching, does: moves},
		inUnresumed:  {to: Handshake, does: moves},
		inPhaseOver:  {to: Waiting, does: moves},
		inStayOurs:   {does: ignore, drop: DropState}, // no JOIN was sent on this link
		inStayOld:    {does: ignore, drop: DropState},
		inTock:       {to: Connected, does: moves},
		inRequest:    {to: Check, does: moves}, // only a peer that serves us sends one
		inPartRejoin: {to: Handshake, does: moves},
		inPartWait:   {to: Waiting, does: moves},
		inPartRedial: {to: Reaching, does: moves},
		inServingYet: {to: Idle, does: moves},
		inForget:     {to: Idle, does: moves},
		inProven:     {does: ignore},
	},
	Handshake: {
		inLost:       {to: Reaching, does: moves},
		inLostServed: {to: Idle, does: moves},
		inPhaseOver:  {to: Waiting, does: moves},
		inStayOurs:   {to: Check, does: moves},
		inStayOld:    {to: Limbo, does: moves},
		inTock:       {does: ignore, drop: DropState}, // answers a TICK from before the JOIN
		inRequest:    {does: ignore, drop: DropNotJoined},
		inPartRejoin: {does: ignore, drop: DropState}, // the JOIN that is on its way answers it
		inPartWait:   {to: Waiting, does: moves},
		inPartRedial: {to: Reaching, does: moves},
		inPartServed: {to: Idle, does: moves},
		inServing:    {to: Handshake, does: moves}, // PROTOCOL 5.2: the answer is now due in Timing.Answer
		inServingYet: {to: Idle, does: moves},
		inForget:     {to: Idle, does: moves},
		inProven:     {does: ignore}, // STAY, PART or silence decides first
	},
	Limbo: {
		inLost:       {to: Reaching, does: moves},
		inLostServed: {to: Idle, does: moves},
		inStayOurs:   {to: Check, does: moves}, // another program answers by now
		inStayOld:    {to: Limbo, does: moves}, // PROTOCOL 4.5: to a JOIN from here
		inTock:       {to: Connected, does: moves},
		inRequest:    {to: Check, does: moves},
		inTick:       {to: Limbo, does: moves},
		inPartRejoin: {to: Handshake, does: moves},
		inPartWait:   {to: Waiting, does: moves},
		inPartRedial: {to: Reaching, does: moves},
		inPartServed: {to: Idle, does: moves},
		inServing:    {to: Limbo, does: moves},
		inForget:     {to: Idle, does: moves},
		inProven:     {does: ignore},
	},
	Connected: {
		inLost:       {to: Reaching, does: moves},
		inLostServed: {to: Idle, does: moves},
		inStayOurs:   {to: Connected, does: moves}, // PROTOCOL 3.10
		inStayOld:    {does: ignore, drop: DropState},
		inTock:       {does: ignore, drop: DropMismatch}, // no TICK is unanswered
		inRequest:    {to: Connected, does: moves},
		inTick:       {to: Check, does: moves},
		inPartRejoin: {to: Handshake, does: moves},
		inPartWait:   {to: Waiting, does: moves},
		inPartRedial: {to: Reaching, does: moves},
		inPartServed: {to: Idle, does: moves},
		inServing:    {to: Check, does: moves}, // PROTOCOL 5.1: a TICK asks at once
		inProven:     {to: Draining, does: moves},
		inForget:     {to: Idle, does: moves},
	},
	Check: {
		inLost:       {to: Reaching, does: moves},
		inLostServed: {to: Idle, does: moves},
		inStayOurs:   {to: Check, does: moves}, // PROTOCOL 3.10
		inStayOld:    {does: ignore, drop: DropState},
		inTock:       {to: Connected, does: moves},
		inRequest:    {to: Check, does: moves}, // PROTOCOL 4.2: only the TOCK ends the check
		inPartRejoin: {to: Handshake, does: moves},
		inPartWait:   {to: Waiting, does: moves},
		inPartRedial: {to: Reaching, does: moves},
		inPartServed: {to: Idle, does: moves},
		inServing:    {to: Check, does: moves},
		inProven:     {to: Draining, does: moves},
		inForget:     {to: Idle, does: moves},
	},
	Draining: {
		inLostServed: {to: Idle, does: moves},
		inStayOurs:   {to: Draining, does: moves}, // PROTOCOL 3.10
		inStayOld:    {does: ignore, drop: DropState},
		inTock:       {does: ignore}, // answers the TICK from before the drain
		inRequest:    {to: Draining, does: moves},
		inPartServed: {to: Idle, does: moves},
		inServing:    {does: ignore}, // the peer dialled anew; this link still drains
		inProven:     {does: ignore},
		inDrained:    {to: Idle, does: moves},
		inUndrain:    {to: Check, does: moves},
		inForget:     {to: Idle, does: moves},
	},
}

var listeningTable = [stateCount][listeningInputs]cell{
	Idle: {
		inJoin:    {to: Serving, does: moves},
		inFrame:   {does: ignore, drop: DropNotJoined},
		inUnjoin:  {does: ignore},
		inGone:    {does: ignore},
		inLeave:   {does: ignore},
		inDismiss: {does: ignore},
	},
	Serving: {
		inJoin:    {to: Serving, does: moves},
		inFrame:   {to: Serving, does: moves},
		inUnjoin:  {to: Idle, does: moves},
		inGone:    {to: Idle, does: moves},
		inSilence: {to: Idle, does: moves},
		inLeave:   {to: Idle, does: moves},
		inDismiss: {to: Idle, does: moves},
	},
}

// move takes the half through one input. It returns the cell that decided; where
// that ignores the input, the half is as it was.
func (d *diallingHalf) move(in diallingInput) cell {
	c := diallingTable[d.state][in]
	switch c.does {
	case moves:
		d.state = c.to
	case never:
		panic("core: dialling half in " + d.state.String() + ": impossible input " + strconv.Itoa(int(in)))
	}
	return c
}

// restore takes the half back to what it was before an event that is undone.
func (d *diallingHalf) restore(before *diallingHalf) { *d = *before }

// keep keeps p as it is, states included, for undoJoin.
func (m *Machine) keep(p *peer, made bool) { m.undo = undoOf(p, made, &m.timers) }

// snapshot writes or reads the state of the half.
func (d *diallingHalf) snapshot(s *snapshot) {
	integer(s, &d.state)
	s.need(d.state < stateCount)
}

// snapshot is diallingHalf.snapshot for a listening half.
func (l *listeningHalf) snapshot(s *snapshot) {
	integer(s, &l.state)
	s.need(l.state < stateCount)
}

// move is diallingHalf.move for a listening half.
func (l *listeningHalf) move(in listeningInput) cell {
	c := listeningTable[l.state][in]
	switch c.does {
	case moves:
		l.state = c.to
	case never:
		panic("core: listening half in " + l.state.String() + ": impossible input " + strconv.Itoa(int(in)))
	}
	return c
}

// moveDialling takes the dialling half of p through one input, which command c
// brought if any did. It reports whether the input counts; if it does not, what
// a remote peer sent has been dropped with its reason.
func (m *Machine) moveDialling(p *peer, in diallingInput, c Command) bool {
	return m.out.counts(p.name, p.dialling.move(in), p.diallingLink(), c)
}

// moveListening is moveDialling for the listening half; link is the one that the
// input is about.
func (m *Machine) moveListening(p *peer, in listeningInput, link Link, c Command) bool {
	return m.out.counts(p.name, p.listening.move(in), link, c)
}

// counts reports whether a cell makes an input count, and drops what does not,
// which came from the peer of that name.
func (o *output) counts(name string, by cell, link Link, c Command) bool {
	if by.drop != 0 {
		o.drop(name, link, c, by.drop)
	}
	return by.does == moves
}
