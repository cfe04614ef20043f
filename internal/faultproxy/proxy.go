package faultproxy

import (
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Direction says which way something goes; the bits may be combined.
type Direction uint8

// The directions.
const (
	ToListener Direction = 1 << iota
	ToDialler
	BothWays = ToListener | ToDialler
)

// String returns the name of a direction.
func (d Direction) String() string {
	return [...]string{"nowhere", "to listener", "to dialler", "both ways"}[d&BothWays]
}

// Config is what New makes a proxy from.
type Config struct {
	// To is the listener, host:port with or without tcp:// in front.
	To string
	// Seed decides what is decided by chance.
	Seed uint64
	// Plain says that what passes is ZMTP without encryption, and so is understood.
	Plain bool
	// Seen, if set, is told of each message when it has come in and its fate is known. It is
	// called by the direction that the message goes, and holds that up; of two directions, or
	// connections, concurrently. It may call the proxy, but not Close.
	Seen func(Message)
}

// Proxy passes on what goes between those that dial its address and one listener. All
// methods may be called concurrently.
type Proxy struct {
	config  Config
	address string // host:port
	closed  chan struct{}
	wg      sync.WaitGroup

	mu       sync.Mutex
	to       string
	listener net.Listener // nil while it refuses
	links    []*link
	accepted int
	faults   []*Fault
	seen     map[seen]int
	changed  chan struct{} // closed, and made anew, when faults change
}

// seen is what ordinals of messages are counted by.
type seen struct {
	direction Direction
	command   string
}

// New returns a proxy on a port of the loopback's. It must be closed.
func New(config Config) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		config: config, address: listener.Addr().String(), to: host(config.To),
		closed: make(chan struct{}), changed: make(chan struct{}), seen: map[seen]int{},
	}
	p.listen(listener)
	return p, nil
}

func host(address string) string { return strings.TrimPrefix(address, "tcp://") }

// Address is what to dial instead of the listener: tcp://host:port.
func (p *Proxy) Address() string { return "tcp://" + p.address }

// SetTarget changes where later connections go: a listener that has come back elsewhere.
func (p *Proxy) SetTarget(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = host(address)
}

// Cut ends every connection of the moment. Both ends are told that the other one has
// ended in order (FIN), and what is on the way is lost.
func (p *Proxy) Cut() { p.endAll(ended) }

// Reset is Cut, but as if both ends had failed (RST).
func (p *Proxy) Reset() { p.endAll(reset) }

func (p *Proxy) endAll(how ending) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		l.end(how)
	}
}

// Link is a connection of the moment.
type Link struct {
	N       int    // its ordinal at its proxy, from 1
	Dialler string // the routing id of its dialler; "" while it is not known
}

// Links returns the connections of the moment, oldest first; those that were cut are in it for as
// long as one of their ends has not closed them.
func (p *Proxy) Links() []Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	var links []Link
	for _, l := range p.links {
		links = append(links, Link{l.n, l.dialler})
	}
	return links
}

// Accepted returns how many connections there have been.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Close resets every connection and returns when nothing of the proxy is left. It must
// not be called twice.
func (p *Proxy) Close() {
	p.mu.Lock()
	close(p.closed)
	if p.listener != nil {
		_ = p.listener.Close() // it may fail for nothing that matters
	}
	for _, l := range p.links {
		l.end(reset)
	}
	p.mu.Unlock()
	p.wg.Wait()
}

// isClosed says whether Close has been called.
func (p *Proxy) isClosed() bool {
	select {
	case <-p.closed:
		return true
	default:
		return false
	}
}

// listen has connections accepted. The caller holds mu, or the proxy is new.
func (p *Proxy) listen(listener net.Listener) {
	p.listener = listener
	p.wg.Go(func() {
		for {
			conn, err := listener.Accept()
			switch {
			case err == nil:
				p.begin(listener, conn.(*net.TCPConn))
				continue
			case errors.Is(err, net.ErrClosed):
				return
			}
			select { // no descriptors are left; it is no reason to give up
			case <-p.closed:
			case <-time.After(acceptPause):
			}
		}
	})
}

// begin makes a link of a connection that listener has accepted.
func (p *Proxy) begin(listener net.Listener, conn *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosed() || p.listener != listener { // refused since
		closeNow(conn)
		return
	}
	p.accepted++
	l := newLink(p, p.accepted, conn)
	p.links = append(p.links, l)
	p.wg.Go(func() {
		l.run()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.links = slices.DeleteFunc(p.links, func(other *link) bool { return other == l })
	})
}

// named keeps what the handshake of l says of its dialler.
func (p *Proxy) named(l *link, dialler string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.dialler = dialler
}

// diallerOf returns what named has kept.
func (p *Proxy) diallerOf(l *link) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return l.dialler
}
