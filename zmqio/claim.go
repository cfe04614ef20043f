package zmqio

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/internal/kind"
)

// ErrOverloaded says that a request or a reply would make a node hold more memory
// because of a peer than the peer's share: see Budget.
var ErrOverloaded = fmt.Errorf("%w: no memory is left for the peer", kind.ErrOverloaded)

// claim is what one request or one reply holds of a Budget, counted as HeapBytes says
// once it is more than SmallBytes. It belongs to one goroutine at a time.
type claim struct {
	budget  *Budget
	peer    string
	account *Account // nil while nothing is taken
	bytes   int64    // that are held
	taken   int64    // from account
}

// add counts n bytes more, or returns ErrOverloaded and counts nothing.
func (c *claim) add(n int64) error { return c.set(c.bytes + n) }

// set has the claim count n bytes in all. If they are more than before it may return
// ErrOverloaded, and changes nothing.
func (c *claim) set(n int64) error {
	if n <= SmallBytes && c.taken == 0 {
		c.bytes = n
		return nil
	}
	if c.account == nil {
		c.account = c.budget.Open(c.peer)
	}
	want := int64(0)
	if n > SmallBytes {
		want = HeapBytes(n)
	}
	if want > c.taken && !c.account.Take(want-c.taken) {
		return ErrOverloaded
	}
	if want < c.taken {
		c.account.Give(c.taken - want)
	}
	c.bytes, c.taken = n, want
	return nil
}

// release gives everything back.
func (c *claim) release() {
	if c.account != nil {
		c.account.Give(c.taken)
		c.account.Close()
	}
	*c = claim{}
}
