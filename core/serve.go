package core

// The error texts that a caller gets when its CALL is not run.
const (
	textOverloaded  = "overloaded: too many requests are being served"
	textUndecodable = "the request can't be decoded: no method name"
	textMethodLong  = "the method name is too long"
	textHeadLong    = "the head of the request is too long"
	textDuplicate   = "this call has been run already, or may have been; its reply is lost"
)

// serve handles a CALL or CAST of an established link.
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
	case len(ev.Head) > m.cfg.Limits.HeadBytesMax:
		m.turnDown(p, ev, payload, DropOversize, textHeadLong)
	case !first:
		if !m.reroute(p, ev, payload.ID) {
			m.turnDown(p, ev, payload, DropDuplicate, textDuplicate)
		}
	case !m.cfg.Limits.mayServe(int(p.serving), m.requests.running):
		m.turnDown(p, ev, payload, DropOverload, textOverloaded)
	default:
		m.run(p, ev, payload)
	}
}

// turnDown answers a CALL that is not run, and drops a CAST.
func (m *Machine) turnDown(p *peer, ev *Event, payload *Payload, why Drop, text string) {
	m.out.drop(p.name, ev.Link, ev.Command, why)
	if ev.Command == CALL {
		a := m.send(p, ev.Link, BACK)
		a.ID, a.Method, a.Err = payload.ID, payload.Method, m.out.text(text)
	}
}

// run hands a request to the driver.
func (m *Machine) run(p *peer, ev *Event, payload *Payload) {
	if p.unrun != nil { // a copy of it was refused, before the link joined
		p.unrun.unmark(payload.ID)
	}
	ticket := m.requests.start(p.askerOn(ev.Link), payload.ID, ev.Link, ev.Command == CALL)
	p.serving++
	p.addUse(ev.Link)
	a := m.out.emit(ActServe)
	a.Ticket, a.Peer, a.Link = ticket, p.name, ev.Link
	a.Command, a.ID, a.Method, a.Body = ev.Command, payload.ID, payload.Method, payload.Rest
	a.Head, a.Left = ev.Head, ev.Left
}

// reroute makes the reply to a running request go by the link on which its
// CALL came again. It reports false if that request is not running.
func (m *Machine) reroute(p *peer, ev *Event, id uint32) bool {
	if p.serving == 0 {
		return false
	}
	r := m.requests.find(p.askerOn(ev.Link), id)
	if r == nil {
		return false
	}
	before := r.link
	r.link = ev.Link
	p.addUse(r.link)
	m.linkUnused(p, before)
	m.out.drop(p.name, ev.Link, ev.Command, DropDuplicate)
	return true
}

// reply handles the end of a handler.
//
// PROTOCOL 7.8: "A BACK goes by the link of its CALL; if that is gone and the
// peer speaks our extensions, by the other half." "There it has to have told the
// incarnation that has asked".
func (m *Machine) reply(ev *Event) {
	r, ok := m.requests.end(ev.Ticket)
	if !ok {
		m.out.refuse(ev, RefuseNoTicket)
		return
	}
	p := m.peers.slots[r.peer]
	p.serving--
	if r.wantsReply && !r.voided {
		m.sendBack(p, &r, ev)
	}
	m.linkUnused(p, r.link)
}

// sendBack sends the reply to a request by a link that can bring it, if there is one.
func (m *Machine) sendBack(p *peer, r *request, ev *Event) {
	link := r.link
	if !p.carries(link) {
		var atMostOnce bool
		if p.active() {
			link, atMostOnce = p.route(m.cfg.Name)
			atMostOnce = atMostOnce && p.askerOn(link) == r.asker
		}
		if !atMostOnce {
			m.out.stats.RepliesLost++
			return
		}
	}
	a := m.send(p, link, BACK)
	a.ID, a.Method, a.Err = r.id, ev.Method, ev.Err
	if len(ev.Err) == 0 {
		a.Body = ev.Body
	}
	m.addHead(p, a, ev.Head, 0)
}

// void handles a caller's word that it no longer wants a reply. The request may have been
// answered already, or never have come.
func (m *Machine) void(p *peer, link Link, id uint32) {
	m.requests.void(p.askerOn(link), id, func(slot int) { m.cancel(slot, 0) })
}
