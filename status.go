package bilateralrpc

import (
	"fmt"
	"time"
)

// NodeStatus is what a node tells of itself.
type NodeStatus struct {
	Name      string
	Network   string
	Encrypted bool      // it has keys; else everything is in plaintext
	Transport string    // "zmtp", "libzmq", "memory", or the name or type of a program's own
	Addresses []string  // as ListenAddresses returns them
	Time      time.Time // of this status, by Config.Clock
	Err       error     // why the node does not work: ErrClosed, or what its constructor failed with; nil while it works
}

// Status returns what the node is, for a look inside: Peers and Stats have the rest.
func (b *Bilateral) Status() NodeStatus {
	if b.broken != nil {
		return NodeStatus{Time: time.Now(), Err: b.broken}
	}
	s := b.self
	s.Addresses = b.driver.Addresses()
	s.Err = b.driver.Err()
	s.Time = time.Now()
	if b.clock != nil {
		s.Time = b.clock.Now()
	}
	return s
}

// Called returns what people call the node of that name, as log lines have it: its alias and
// the beginning of its key, or the whole name if it has no alias.
func (b *Bilateral) Called(name string) string { return b.names.called(name) }

// selfOf returns what a node of that Config tells of itself that never changes.
func selfOf(c *Config) NodeStatus {
	s := NodeStatus{Name: c.Name, Network: c.Network, Encrypted: c.PublicKey != "", Transport: "zmtp"}
	if s.Encrypted {
		s.Name = c.PublicKey
	}
	switch t := c.Transport.(type) {
	case nil:
	case fmt.Stringer:
		s.Transport = t.String()
	default:
		s.Transport = fmt.Sprintf("%T", t)
	}
	return s
}
