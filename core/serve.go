package core

// request is a CALL or CAST whose handler is running.
type request struct {
	live       bool
	wantsReply bool
	voided     bool
	generation uint32 // tells the tickets of one slot apart
	peer       int32
	id         uint32
	link       Link
}

// What a peer is told when its CALL is not run.
const (
	textOverloaded  = "overloaded: too many requests are being served"
	textUndecodable = "the request can't be decoded: no method name"
	textMethodLong  = "the method name is too long"
	textDuplicate   = "this call has been run already, or may have been; its reply is lost"
)

// serve takes in a CALL or CAST of an accepted link.
//
// PROTOCOL 10.2: "A decodable id whose rest can't be served gets a BACK with
// id, method and error text, and no reply value."
func (m *Machine) serve(p *peer, ev *Event, payload *Payload, ok bool) {
	first := p.firstTime(ev.Link, payload.ID)
	switch {
	case !ok:
		m.turnDown(p, ev, payload, DropUndecodable, textUndecodable)
	case len(payload.Method) > m.cfg.Limits.MethodBytesMax:
		m.turnDown(p, ev, payload, DropOversize, textMethodLong)
	case !first:
		if !m.reroute(p, ev, payload.ID) {
			m.turnDown(p, ev, payload, DropDuplicate, textDuplicate)
		}
	case m.servingCount >= m.cfg.Limits.ServingMax || int(p.serving) >= m.cfg.Limits.ServingPeerMax:
		m.turnDown(p, ev, payload, DropOverload, textOverloaded)
	default:
		m.run(p, ev, payload)
	}
}

// turnDown answers a CALL that is not run, and drops a CAST.
func (m *Machine) turnDown(p *peer, ev *Event, payload *Payload, why Drop, text string) {
	m.drop(p.name, ev.Link, ev.Command, why)
	if ev.Command == CALL {
		a := m.send(p, ev.Link, BACK)
		a.ID, a.Method, a.Err = payload.ID, payload.Method, m.bytes(text)
	}
}

// run hands a request to the driver.
func (m *Machine) run(p *peer, ev *Event, payload *Payload) {
	var slot int32
	if n := len(m.freeRequests); n > 0 {
		slot = m.freeRequests[n-1]
		m.freeRequests = m.freeRequests[:n-1]
	} else {
		slot = int32(len(m.requests))
		m.requests = append(m.requests, request{})
	}
	r := &m.requests[slot]
	r.live, r.wantsReply, r.voided = true, ev.Command == CALL, false
	r.generation++
	r.peer, r.id, r.link = p.slot, payload.ID, ev.Link
	p.serving++
	m.servingCount++
	p.hold(r.link)
	a := m.emit(ActServe)
	a.Ticket, a.Peer, a.Link = ticket(slot, r.generation), p.name, ev.Link
	a.Command, a.ID, a.Method, a.Body = ev.Command, payload.ID, payload.Method, payload.Rest
}

func ticket(slot int32, generation uint32) Ticket {
	return Ticket(uint64(generation)<<32 | uint64(uint32(slot)))
}

// reroute makes the reply to a running request go by the link on which its
// CALL came again. It reports false if that request is not running.
func (m *Machine) reroute(p *peer, ev *Event, id uint32) bool {
	if p.serving == 0 {
		return false
	}
	for i := range m.requests {
		r := &m.requests[i]
		if !r.live || r.peer != p.slot || r.id != id {
			continue
		}
		before := r.link
		r.link = ev.Link
		p.hold(r.link)
		m.release(p, before)
		m.drop(p.name, ev.Link, ev.Command, DropDuplicate)
		return true
	}
	return false
}

// reply takes in that a handler has finished.
//
// PROTOCOL 7.8: "A BACK goes by the link of its CALL; if that is gone and the
// peer speaks our extensions, by the other half."
func (m *Machine) reply(ev *Event) {
	r, ok := m.endRequest(ev.Ticket)
	if !ok {
		m.refuse(ev, RefuseNoTicket)
		return
	}
	p := m.peers[r.peer]
	p.serving--
	if r.wantsReply && !r.voided {
		m.sendBack(p, &r, ev)
	}
	m.release(p, r.link)
}

// endRequest frees what was kept of a request; ok is false for a ticket that is
// not, or no longer, good.
func (m *Machine) endRequest(t Ticket) (r request, ok bool) {
	slot := uint32(t)
	if uint64(slot) >= uint64(len(m.requests)) {
		return request{}, false
	}
	r = m.requests[slot]
	if !r.live || ticket(int32(slot), r.generation) != t {
		return request{}, false
	}
	m.requests[slot].live = false
	m.freeRequests = append(m.freeRequests, int32(slot))
	m.servingCount--
	return r, true
}

func (m *Machine) sendBack(p *peer, r *request, ev *Event) {
	link := r.link
	if !p.carries(link) {
		var met bool
		if p.active() {
			link, met = m.route(p)
		}
		if !met {
			m.stats.RepliesLost++
			return
		}
	}
	a := m.send(p, link, BACK)
	a.ID, a.Method, a.Err = r.id, ev.Method, ev.Err
	if len(ev.Err) == 0 {
		a.Body = ev.Body
	}
}

// void: the caller no longer wants a reply.
func (m *Machine) void(p *peer, link Link, id uint32) {
	for i := range m.requests {
		r := &m.requests[i]
		if r.live && r.peer == p.slot && r.id == id && r.wantsReply && !r.voided {
			r.voided = true
			m.emit(ActCancel).Ticket = ticket(int32(i), r.generation)
			return
		}
	}
	// It has been answered already, or never came.
}

// sendRefused takes in that a Send was not carried out.
func (m *Machine) sendRefused(ev *Event) {
	m.stats.SendsRefused++
	p := m.byName[ev.Peer]
	if p == nil {
		return
	}
	switch ev.Command {
	case STAY:
		m.unjoin(p, ev.Link, ev.Cause)
	case CALL:
		m.callRefused(p, ev)
	case BACK:
		m.stats.RepliesLost++
	}
	// The others are repeated by a timer, or answered by the end of the link.
}

// callRefused ends the row of a CALL that could not be sent.
//
// PROTOCOL 7.10: "A call that can't be sent ends for that peer with what refused
// it; nothing is sent later in its place." One that was sent before may have run,
// so it waits on.
func (m *Machine) callRefused(p *peer, ev *Event) {
	slot, ok := m.byID.get(ev.ID)
	if !ok {
		return
	}
	c := &m.calls[slot]
	r := c.row(p.slot)
	switch {
	case r == nil || !r.pending || r.link != ev.Link:
	case r.resent:
		m.unsend(p, r)
	default:
		m.outcome(c, p.name, Refused).Cause = ev.Cause
		m.rowOver(c, r)
	}
}
