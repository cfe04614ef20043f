package zmqio

import "errors"

// ErrOverloaded says that a request or a reply would make a node hold more memory
// because of a peer than the peer's share: see Budget.
var ErrOverloaded = errors.New("overloaded: no memory is left for the peer")

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
func (c *claim) add(n int64) error {
	bytes := c.bytes + n
	if bytes <= SmallBytes {
		c.bytes = bytes
		return nil
	}
	if c.account == nil {
		c.account = c.budget.Open(c.peer)
	}
	more := HeapBytes(bytes) - c.taken
	if !c.account.Take(more) {
		return ErrOverloaded
	}
	c.bytes, c.taken = bytes, c.taken+more
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
