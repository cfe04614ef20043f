package acceptance

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// as is the stage with an old peer of another name, or key, which is n.
func (s *stage) as(n int) *stage {
	other := *s
	other.old = fmt.Sprint("guest", n)
	if s.keys != nil {
		public, secret := keypair(s.t)
		other.old, other.keys = public, &zmtp.Keys{Public: rawKey(s.t, public), Secret: rawKey(s.t, secret)}
	}
	return &other
}

// dialFrom is dial from an address of this machine.
func (s *stage) dialFrom(ip string) *oldLink {
	s.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}, Timeout: patience}
	conn, err := dialer.Dial("tcp", strings.TrimPrefix(s.node.ListenAddresses()[0], "tcp://"))
	if err != nil {
		s.t.Skipf("this machine has no address %s: %v", ip, err)
	}
	return s.raise(conn, zmtp.Dial(s.engineConfig(), &s.nodeKey, entropy(), 0))
}

// occupy connects and joins, and does not care for how long.
func (s *stage) occupy() {
	s.t.Helper()
	l := s.dial()
	join := zmtp.AppendMessage(nil, "JOIN", nil, []byte(oldNetwork))
	_, _ = l.conn.Write(l.engine.Sealer().Seal(nil, join, nil)) // the node may have hung up
}

// One key, and then many of one address, open every connection that they can get and
// keep it. A newcomer of another address gets in, and so do our own dials.
func TestNobodyIsLockedOutByGreedyPeers(t *testing.T) {
	const linksMax = 12
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		s := newStage(t, tr, curve, bilateralrpc.Config{
			Limits: bilateralrpc.Limits{LinksMax: linksMax},
		})
		for range 2 * linksMax {
			s.occupy()
		}
		for n := range 2 * linksMax {
			s.as(n).occupy()
		}
		eventually(t, "connections to be refused", func() bool { return s.node.Stats().LinksRefused > 0 })
		newcomer := s.as(-1)
		l := newcomer.dialFrom("127.0.0.2")
		l.say("JOIN", []byte(oldNetwork))
		l.want("STAY")
		if n := s.node.Stats().LinksAccepted; n > linksMax/2+1 {
			t.Errorf("%d connections are accepted, want at most half of %d for one address, and the newcomer", n, linksMax)
		}
		dialled := s.as(-2)
		dialled.listen()
		answer := dialled.accept()
		defer answer.close()
		if command, _ := answer.next(); command != "JOIN" && command != "TICK" {
			t.Errorf("our node dials and says %s", command)
		}
	})
}
