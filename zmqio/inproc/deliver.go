package inproc

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// batchMax bounds the items that are reported under one lock, so that the
// node's callers get their turn.
const batchMax = 256

// run reports to the node what its inbox holds, until that is closed. It asks
// for admission between the reports, without the lock: Admit is the user's code.
func (c *carrier) run() {
	defer close(c.done)
	var batch mail
	for open := true; open; {
		batch, open = c.inbox.take(batch)
		for rest := batch.items; len(rest) > 0; {
			n := stretch(rest)
			admitted := rest[0].kind == dialItem && open && c.admits(rest[0].end)
			c.report(&batch, rest[:n], open, admitted)
			rest = rest[n:]
		}
	}
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

// report reports some items of m, of which the first may be a dial that was
// admitted or not. When the node no longer listens, it only turns away those that
// wait for an answer.
func (c *carrier) report(m *mail, items []item, open, admitted bool) {
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	for i := range items {
		it := &items[i]
		switch {
		case it.kind == dialItem && !open:
			it.end.refuse(core.CauseUnreachable)
		case it.kind == dialItem && !admitted:
			it.end.refuse(core.CauseHandshake)
		case it.kind == dialItem:
			c.accept(it.end)
		case it.kind == upItem:
			c.deliverUp(it.end)
		case it.end.over || !open:
			// hung up meanwhile, or the node is closing
		case it.kind == lostItem:
			c.drop(it.end)
			c.sink.LinkLost(it.end.link, it.end.name, it.cause, nil)
		case it.kind == frameItem:
			c.deliverFrame(m, it)
		}
	}
}

// admits says whether the node that dialled may come in. The request of that node
// is in dialler; only its constant fields may be read here, as in accept. It needs no
// lock.
func (c *carrier) admits(dialler *end) bool {
	theirs := &dialler.of.config
	switch {
	case theirs.Curve != c.config.Curve, // the mechanisms never mix
		c.config.Curve && dialler.name != c.config.Name: // it expects another key
		return false
	case theirs.Name != c.config.Name && (c.config.Admit == nil || c.config.Admit(theirs.Name, dialler.address)):
		return true
	}
	c.sink.TurnedAway(theirs.Name, "", zmqio.RefusedAdmit)
	return false
}

// accept brings up the link that a node has dialled and may have.
func (c *carrier) accept(dialler *end) {
	e := &end{of: c, link: c.sink.NextLink(), name: dialler.of.config.Name, far: dialler, up: true}
	dialler.far = e
	if !dialler.of.inbox.put(item{kind: upItem, end: dialler}) {
		return // it has closed meanwhile
	}
	c.ends[e.link] = e
	c.sink.LinkUp(e.link, e.name, "")
}

// refuse tells the node that dialled e why it is not let in.
func (e *end) refuse(cause core.Cause) {
	e.of.inbox.put(item{kind: lostItem, end: e, cause: cause})
}

// deliverUp reports that a dial of this node was accepted, or hangs up what the
// node no longer wants.
func (c *carrier) deliverUp(e *end) {
	e.up = true
	if e.over {
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
		c.sink.LinkLost(e.link, e.name, core.CauseTooLarge, nil)
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
