//go:build cgo && libzmq

package libzmq

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// meter says how many bytes libzmq holds of one connection, from what was queued and
// handed up on this side of libzmq and what TCP has moved on the other, and has them
// counted in the account of the peer. Memory of C counts once. All counts are of
// bytes as they are on the wire. Guarded by the lock of the node.
type meter struct {
	account  *zmqio.Account
	pressure *pressure
	fixed    int64 // LinkBytes once the link is up
	charged  int64 // to account, beyond fixed

	sent  int64 // queued
	taken int64 // handed up
	room  int64 // sent may grow to this before the connection is looked at again

	// What TCP moved beyond messages: the handshake and the other end's PINGs.
	acked0, received0 int64
	rebased           time.Time // when received0 was set
	takenThen         int64     // taken, at the last look

	last  flow      // at the last look
	moved time.Time // when the last sign of life was seen
}

const (
	// lookBytes may be queued on a link without a look at its connection. Most looks
	// find that all has left.
	lookBytes = 64 << 10
	// PINGs received look like a part of a message. They are at most so many bytes a
	// second, and not counted; and no more of them than driftMax, as some message comes
	// before that, behind which they are known for what they are.
	driftPerSecond = 128
	driftMax       = 64 << 10
)

// newMeter returns a meter that charges account, which it closes.
func (c *carrier) newMeter(account *zmqio.Account, now time.Time) *meter {
	return &meter{account: account, pressure: c.pressure, room: lookBytes, rebased: now, moved: now}
}

// frameBytes is the size on the wire of a frame of n bytes.
func frameBytes(n int, curve bool) int64 {
	if curve {
		n += curveOverheadBytes
	}
	if n > 255 {
		return int64(n) + 9
	}
	return int64(n) + 2
}

// out returns how many bytes wait to leave, here or in the system.
func (m *meter) out() int64 { return max(0, m.sent-(m.last.acked-m.acked0)) }

// in returns how many bytes libzmq has of messages that were not handed up, if taken
// is what was handed up before the last look.
func (m *meter) in(taken int64, now time.Time) int64 {
	drift := min(int64(now.Sub(m.rebased)/time.Second)*driftPerSecond, driftMax)
	return max(0, m.last.received-m.received0-taken-drift)
}

// look takes in what the system says. taken is what was handed up before the system
// was asked, so that no byte seems to have been handed up before it came.
func (m *meter) look(f flow, taken int64, now time.Time) {
	if f.received > m.last.received || taken > m.takenThen { // of ipc only the second is known
		m.moved = now
	}
	m.last = f
	if extra := f.acked - m.sent; extra > m.acked0 {
		m.acked0 = extra
	}
	if extra := f.received - taken; taken > m.takenThen && extra-m.received0 <= zmqio.LinkFreeBytes {
		m.received0, m.rebased = extra, now
	}
	m.takenThen = taken
	m.room = m.sent + max(0, lookBytes-m.out())
}

// charge counts n bytes as held, and returns false if the account refuses. Less than
// before is never refused.
func (m *meter) charge(n int64) bool {
	n = max(0, n-zmqio.LinkFreeBytes)
	if n < m.charged {
		m.account.Give(m.charged - n)
	} else if !m.account.Take(n - m.charged) {
		return false
	}
	m.pressure.add(n - m.charged)
	m.charged = n
	return true
}

// open has account, which is opened for it, hold what a link that comes up counts, and
// what is charged already. It returns false if that is refused.
func (m *meter) open(account *zmqio.Account) bool {
	held := m.charged
	m.close()
	m.account = account
	if !account.Take(held + zmqio.LinkBytes) {
		return false
	}
	m.pressure.add(held)
	m.fixed, m.charged = zmqio.LinkBytes, held
	return true
}

// close gives everything back. Nothing is counted any more. A nil meter has nothing.
func (m *meter) close() {
	if m == nil {
		return
	}
	m.account.Give(m.fixed + m.charged)
	m.pressure.add(-m.charged)
	m.account.Close()
	m.account, m.fixed, m.charged = nil, 0, 0
}
