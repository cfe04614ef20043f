package faultproxy

import (
	"context"
	"net"
	"sync"
	"time"
)

// dialPatience bounds how long a listener may take to accept.
const dialPatience = 10 * time.Second

// link is a connection from a dialler, and the one to the listener that goes with it.
type link struct {
	p    *Proxy
	n    int
	conn *net.TCPConn // to the dialler
	// These belong to p's mu.
	dialler   string
	forgotten Direction

	ctx    context.Context // ends when the link does, or is ended
	cancel context.CancelFunc
	once   sync.Once
	how    ending // once ctx has ended
}

func newLink(p *Proxy, n int, conn *net.TCPConn) *link {
	l := &link{p: p, n: n, conn: conn}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// end ends it, if nothing has yet.
func (l *link) end(how ending) {
	l.once.Do(func() {
		l.how = how
		l.cancel()
	})
}

// run is the link's life.
func (l *link) run() {
	defer l.cancel()
	onward := l.dial()
	if onward == nil {
		closeNow(l.conn)
		return
	}
	there, back := newFlows(l, l.conn, onward)
	var readers, writers sync.WaitGroup
	for _, f := range []*flow{there, back} {
		readers.Go(f.read)
		writers.Go(f.write)
	}
	readers.Go(func() { // and so part of what is waited for below
		writers.Wait()
		l.end(ended) // both directions have come to their end
	})
	<-l.ctx.Done()
	conns := []*net.TCPConn{l.conn, onward}
	for _, c := range conns {
		_ = c.SetWriteDeadline(past) // for a writer that is stuck; it fails only if there is none
		if l.how == reset {
			closeNow(c)
			continue
		}
		_ = c.CloseWrite() // it may have failed, or been closed so before
	}
	// A socket that is closed with something unread in it sends RST. So after FIN what comes is
	// read, until the other ends have closed as well.
	gone := make(chan struct{})
	go func() {
		readers.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-l.p.closed:
		for _, c := range conns {
			closeNow(c)
		}
		<-gone
	}
	for _, c := range conns {
		_ = c.Close() // it may be; what the kernel still has is sent on
	}
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// dial connects to the listener. It returns nil if that fails, or the link has ended.
func (l *link) dial() *net.TCPConn {
	for {
		w := l.p.look(l, BothWays)
		if !w.unheard {
			break
		}
		select {
		case <-l.ctx.Done():
			return nil
		case <-w.changed:
		}
	}
	l.p.mu.Lock()
	to := l.p.to
	l.p.mu.Unlock()
	dialer := net.Dialer{Timeout: dialPatience}
	conn, err := dialer.DialContext(l.ctx, "tcp", to)
	if err != nil {
		return nil
	}
	return conn.(*net.TCPConn)
}

// closeNow closes c with RST, if it is not closed.
func closeNow(c *net.TCPConn) {
	_ = c.SetLinger(0) // both fail only if it is closed
	_ = c.Close()
}
