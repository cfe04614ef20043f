package inproc

import (
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// batchMax bounds the items that are reported under one lock, so that the
// node's callers get their turn.
const batchMax = 256

// run reports to the node what its inbox holds, until that is closed. It asks
// for admission between the reports, without the lock: Admit is the user's code. It ends when
// nothing has come for long.
func (c *carrier) run() {
	var batch mail
	for open := true; open; {
		var what taken
		if batch, what = c.inbox.take(batch); what == takeNone {
			return
		}
		open = what == takeMore
		for rest := batch.items; len(rest) > 0; {
			n := stretch(rest)
			var refusal error
			if rest[0].kind == dialItem && open {
				refusal = c.admit(rest[0].end)
			}
			c.report(&batch, rest[:n], open, refusal)
			rest = rest[n:]
		}
	}
	c.inbox.released(&batch)
}

// stretch returns how many of items are reported under one lock: up to the
// next dial, which has to be decided on first, and at most batchMax.
func stretch(items []item) int {
	for i := 1; i < len(items); i++ {
		if i == batchMax || items[i].kind == dialItem {
			return i
		}
	}
	return len(items)
}

// report reports some items of m, of which the first may be a dial, which is refused
// if refusal is not nil. When the node no longer listens, it only turns away those that
// wait for an answer.
func (c *carrier) report(m *mail, items []item, open bool, refusal error) {
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	for i := range items {
		it := &items[i]
		switch {
		case it.kind == dialItem && !open:
			it.end.refuse(core.CauseUnreachable, errNobody)
		case it.kind == dialItem && refusal != nil:
			it.end.refuse(core.CauseHandshake, fmt.Errorf("the other end refused the link: %w", refusal))
		case it.kind == dialItem:
			c.accept(it.end)
		case it.kind == upItem:
			c.deliverUp(it.end)
		case it.end.over || !open:
			// hung up meanwhile, or the node is closing
		case it.kind == lostItem:
			c.drop(it.end)
			c.sink.LinkLost(it.end.link, it.end.name, it.cause, it.end.located(it.why))
		case it.kind == frameItem:
			c.deliverFrame(m, it)
		}
	}
}

// admit says why the node that dialled may not come in, or nil. The request of that
// node is in dialler; only its constant fields may be read here, as in accept. It needs
// no lock.
func (c *carrier) admit(dialler *end) (refusal error) {
	theirs := &dialler.of.config
	switch {
	case theirs.Curve != c.config.Curve: // the mechanisms never mix
		refusal = errMechanism
	case c.config.Curve && dialler.name != c.config.Name:
		refusal = errKey
	case theirs.Name == c.config.Name:
		refusal = zmqio.ErrRefusedOwnName
	case c.config.Admit != nil && !c.config.Admit(theirs.Name, dialler.address):
		refusal = zmqio.ErrRefusedAdmit
	default:
		return nil
	}
	c.sink.TurnedAway(theirs.Name, "", refusal)
	return refusal
}

// accept brings up the link that a node has dialled and may have.
func (c *carrier) accept(dialler *end) {
	name := dialler.of.config.Name
	e := &end{of: c, link: c.sink.NextLink(), name: name, far: dialler, up: true}
	dialler.far, dialler.account = e, dialler.of.config.Budget.Open(dialler.name)
	e.account = c.config.Budget.Open(name)
	if !dialler.of.inbox.put(item{kind: upItem, end: dialler}) {
		dialler.account.Close()
		e.account.Close()
		return // it has closed meanwhile
	}
	c.ends.Put(e.link, e)
	c.sink.LinkUp(e.link, e.name, "")
}

// refuse tells the node that dialled e why it is not let in.
func (e *end) refuse(cause core.Cause, why error) {
	e.of.inbox.put(item{kind: lostItem, end: e, cause: cause, why: why})
}

// Reasons for the end of a link, in words for people.
var (
	errNobody    = errors.New("nobody listens there")
	errEnded     = errors.New("the other end ended the link")
	errMechanism = errors.New("one end uses CURVE and the other does not: give both ends keys, or neither")
	errKey       = errors.New("the dialler expects another key than the listener's")
	errTooLarge  = errors.New("it sent a message larger than the limit")
)

// located adds the address that was dialled.
func (e *end) located(why error) error {
	if e.address == "" {
		return why
	}
	return fmt.Errorf("%s: %w", e.address, why)
}

// deliverUp reports that a dial of this node was accepted, or hangs up what the
// node no longer wants.
func (c *carrier) deliverUp(e *end) {
	e.up = true
	if e.over {
		e.account.Close()
		e.tellFar()
		return
	}
	c.sink.LinkUp(e.link, e.name, "")
}

func (c *carrier) deliverFrame(m *mail, it *item) {
	e := it.end
	payload, keep := m.payload(it)
	if len(payload) > c.config.PayloadBytesMax {
		// As on a socket, a message over the limit costs its sender the link.
		c.drop(e)
		e.tellFar()
		c.sink.LinkLost(e.link, e.name, core.CauseTooLarge, e.located(errTooLarge))
		return
	}
	c.sink.Frame(e.link, e.name, commandFrames[it.command], payload, keep)
}

// commandFrames are the commands as they stand in a frame.
var commandFrames = func() (frames [256][]byte) {
	for i := range frames {
		frames[i] = []byte(core.Command(i).String())
	}
	return frames
}()
