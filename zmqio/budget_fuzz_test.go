package zmqio

import "testing"

// FuzzBudget has a tape take and give bytes for a few peers, who come and go, and holds
// the budget against a model that adds everything up anew each time.
func FuzzBudget(f *testing.F) {
	f.Add(uint16(100), uint16(1000), []byte{0, 1, 60, 4, 1, 41, 1, 40, 2, 60, 3, 0, 0, 1, 1})
	f.Add(uint16(0), uint16(9), []byte{0, 1, 1, 8, 9, 1, 2})
	f.Add(uint16(1000), uint16(100), []byte{0, 1, 50, 5, 6, 50, 1, 1, 10, 11, 200, 3, 8, 2, 50, 0, 7})
	f.Fuzz(func(t *testing.T, peerMax, nodeMax uint16, ops []byte) {
		m := &budgetModel{t: t, b: NewBudget(int64(peerMax), int64(nodeMax)), peerMax: int64(peerMax), nodeMax: int64(nodeMax)}
		for len(ops) >= 2 {
			m.operate(ops[0], int64(ops[1]))
			ops = ops[2:]
			m.compare()
		}
		m.end()
	})
}

// budgetUse is what one user of an account has taken and not given back. An account is
// closed before all is given back, as a link's is whose requests are still served.
type budgetUse struct {
	account *Account
	held    int64
	closed  bool
}

// budgetModel is a budget, and who uses it for what.
type budgetModel struct {
	t                *testing.T
	b                *Budget
	peerMax, nodeMax int64
	uses             [4][]*budgetUse // by peer, in the order of their beginnings
	refused          int64
}

// held adds up what a peer holds, and what all do.
func (m *budgetModel) held(peer int) (mine, all int64) {
	for p := range m.uses {
		for _, u := range m.uses[p] {
			if all += u.held; p == peer {
				mine += u.held
			}
		}
	}
	return mine, all
}

// operate does what op says: what in its low bits, for whom above.
func (m *budgetModel) operate(op byte, n int64) {
	peer := int(op>>2) % len(m.uses)
	if op&3 == 0 {
		m.uses[peer] = append(m.uses[peer], &budgetUse{account: m.b.Open(string(rune('a' + peer)))})
		return
	}
	if len(m.uses[peer]) == 0 {
		return
	}
	u := m.uses[peer][int(op>>4)%len(m.uses[peer])]
	switch {
	case op&3 == 1 && !u.closed:
		mine, all := m.held(peer)
		fits := n == 0 || mine+n <= m.peerMax && mine+n <= m.nodeMax-all-n
		if u.account.Take(n) != fits {
			m.t.Fatalf("%d more for one that holds %d, of %d that all hold: %v is wrong", n, mine, all, !fits)
		}
		if fits {
			u.held += n
		} else {
			m.refused++
		}
	case op&3 == 2:
		n = min(n, u.held)
		u.account.Give(n)
		u.held -= n
	case op&3 == 3 && !u.closed:
		u.account.Close()
		u.closed = true
	}
}

// compare holds the budget against what the model adds up to.
func (m *budgetModel) compare() {
	_, all := m.held(0)
	if m.b.Held() != all || m.b.Refused() != m.refused {
		m.t.Fatalf("%d bytes are held and %d were refused, want %d and %d", m.b.Held(), m.b.Refused(), all, m.refused)
	}
}

// end has everybody give everything back and leave: no account is left then.
func (m *budgetModel) end() {
	for _, uses := range m.uses {
		for _, u := range uses {
			u.account.Give(u.held)
			if u.held = 0; !u.closed {
				u.account.Close()
			}
		}
	}
	m.compare()
	m.b.Open("last").Close() // forgets those that were held when they were closed
	if n := m.b.accounts.Len(); n != 0 {
		m.t.Fatalf("%d accounts are left when nobody uses one", n)
	}
}
