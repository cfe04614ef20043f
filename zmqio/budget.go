package zmqio

import (
	"sync"
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/internal/few"
)

// Budget bounds the bytes that a node holds because of its peers: what waits to be
// sent to them, what they have sent of messages that are not whole yet, the requests
// being served, the answers of handlers, and the values decoded from them. Each peer has an account. What is
// small is not counted, as it is bounded in number: see SmallBytes and LinkBytes.
//
// A peer gets more only if afterwards it holds no more than its own maximum, and no
// more than is left free for everybody. So n peers that take all they get have
// 1/(n+1) of the whole each, and as much stays free for those that need little. This
// is the dynamic threshold of Choudhury and Hahne, "Dynamic queue length thresholds
// for shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2), 1998,
// with alpha = 1: it needs no queues and takes nothing away from anybody.
//
// All methods may be called concurrently. A nil Budget and a nil Account count
// nothing and refuse nothing.
type Budget struct {
	peerMax, nodeMax int64
	gate             *bulk.Gate
	inside           string // see Inside; guarded by the lock of the node
	held             atomic.Int64
	refused          atomic.Int64 // times that Take said no

	mu       sync.Mutex // guards what follows
	accounts few.Map[string, *Account]
	orphans  []*Account // nobody uses them, but not all was given back when that began
}

// Account is what one peer holds of a Budget.
type Account struct {
	budget *Budget
	name   string
	held   atomic.Int64
	users  int // opened and not closed; guarded by Budget.mu
}

const (
	// SmallBytes is the size up to which a request, a reply or a decoded value is not
	// counted: the bounds on their number are enough.
	SmallBytes = 4 << 10
	// LinkBytes is what each link counts: its goroutine, its buffers, less than 1 KiB of
	// key streams, and the first LinkFreeBytes that it queues or holds of a partial message.
	LinkBytes     = 32 << 10
	LinkFreeBytes = 8 << 10
)

// HeapBytes returns what n bytes of Go's heap count: double, since the collector
// lets the heap grow to twice of what lives.
func HeapBytes(n int64) int64 { return 2 * n }

// NewBudget returns a budget of peerMax bytes for each peer and nodeMax for all.
func NewBudget(peerMax, nodeMax int64) *Budget {
	return &Budget{peerMax: peerMax, nodeMax: nodeMax, gate: bulk.NewGate()}
}

// Enter waits until it is the turn of work that a peer can make large: see package
// internal/bulk. Leave ends it.
func (b *Budget) Enter(peer string) {
	if b != nil {
		b.gate.Enter(peer)
	}
}

// Leave ends what Enter began.
func (b *Budget) Leave() {
	if b != nil {
		b.gate.Leave()
	}
}

// Inside says that who holds the lock of the node has entered for a peer. If there is
// something to be logged the node leaves, and enters again behind it. Requires the lock
// of the node.
func (b *Budget) Inside(peer string) {
	if b != nil {
		b.inside = peer
	}
}

// takeInside returns what Inside has said since it was last called. Requires the lock
// of the node.
func (b *Budget) takeInside() (peer string) {
	peer, b.inside = b.inside, ""
	return peer
}

// Open returns the account of the peer called name. Every Open needs a Close.
func (b *Budget) Open(name string) *Account {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropOrphans()
	a, ok := b.accounts.Get(name)
	if !ok {
		a = &Account{budget: b, name: name}
		b.accounts.Put(name, a)
	}
	a.users++
	return a
}

// Close ends a use of a. What is still held stays counted until it is given back,
// also for who opens the account of the same peer meanwhile.
func (a *Account) Close() {
	if a == nil {
		return
	}
	b := a.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.users--; a.users == 0 {
		b.orphans = append(b.orphans, a)
	}
	b.dropOrphans()
}

// dropOrphans forgets the accounts that have nothing left, and takes those out of
// the list that are used again. Requires mu.
func (b *Budget) dropOrphans() {
	kept := b.orphans[:0]
	for _, a := range b.orphans {
		switch {
		case a.users > 0:
		case a.held.Load() == 0:
			b.accounts.Delete(a.name)
		default:
			kept = append(kept, a)
		}
	}
	clear(b.orphans[len(kept):])
	b.orphans = kept
}

// Take counts n bytes more and returns true, or counts nothing and returns false:
// the peer holds too much.
func (a *Account) Take(n int64) bool {
	if a == nil || n == 0 {
		return true
	}
	b := a.budget
	all, mine := b.held.Add(n), a.held.Add(n)
	if mine <= b.peerMax && mine <= b.nodeMax-all {
		return true
	}
	a.Give(n)
	b.refused.Add(1)
	return false
}

// Give takes n bytes off that were taken before.
func (a *Account) Give(n int64) {
	if a != nil && n != 0 {
		a.held.Add(-n)
		a.budget.held.Add(-n)
	}
}

// Max returns how many bytes may be counted for all peers.
func (b *Budget) Max() int64 { return b.nodeMax }

// Held returns how many bytes are counted for all peers.
func (b *Budget) Held() int64 { return b.held.Load() }

// Refused returns how often Take has said no.
func (b *Budget) Refused() int64 { return b.refused.Load() }
