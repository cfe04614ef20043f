package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// Attack is one way to harm a node.
type Attack struct {
	Name string
	What string // in a line, for the report
	// Key says that the attackers have admitted keys or, in plaintext, names.
	Key bool
	// Only names the one mechanism, "null" or "curve", that the attack is for;
	// empty is both.
	Only string
	// Files is the limit of descriptors that the node runs under; 0 is the
	// process's own.
	Files uint64
	// Asks makes the node call its peers, those who attack among them.
	Asks bool
	// Run attacks until ctx is done, and counts with t.did what it has done: an
	// attack that did nothing proves nothing. Its error says that it could not
	// attack at all; that the node hangs up is none.
	Run func(ctx context.Context, t *Target) error
}

// attacks returns all of them, by layer.
func attacks() []Attack {
	return slices.Concat(connectionAttacks(), handshakeAttacks(), frameAttacks(), protocolAttacks(), applicationAttacks())
}

// Target is the node under attack, as its attackers see it.
type Target struct {
	Address string // host:port
	Curve   bool
	// Small makes an attack one of a tenth of its size.
	Small bool
	// FilesMax is how many descriptors an attacker may open.
	FilesMax int

	// begin is called before each connection: what comes before the first is
	// preparation, and not part of the attack.
	begin func()
	done  atomic.Int64
	goal  atomic.Int64 // of done
	calls atomic.Uint32
	mu    sync.Mutex
	note  string
}

// did counts n things done.
func (t *Target) did(n int) { t.done.Add(int64(n)) }

// until says how much must be done for the attack to be what it claims: one that piles
// something up goes on until then, within reason, on a slow machine too. The attack's
// time begins then.
func (t *Target) until(n int) { t.goal.Store(int64(n)) }

// say leaves a remark for the report; the last one counts.
func (t *Target) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note = fmt.Sprintf(format, args...)
}

// size returns n, or a tenth of it for a small attack.
func (t *Target) size(n int) int {
	if t.Small {
		return min(n, max(n/10, 2))
	}
	return n
}

// sockets is size for connections, which descriptors limit too.
func (t *Target) sockets(n int) int {
	n = t.size(n)
	if most := t.FilesMax - 64; n > most {
		t.say("%d connections instead of %d: the limit of descriptors is %d", most, n, t.FilesMax)
		return most
	}
	return n
}

// each keeps n workers busy until ctx is done. A worker that returns begins again,
// after a pause if it has failed, so that attackers don't spin at what refuses them.
func (t *Target) each(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			for ctx.Err() == nil {
				if work(ctx, i) != nil {
					pause(ctx, 5*time.Millisecond)
				}
			}
		})
	}
	group.Wait()
	return nil
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// keysMax is how many of the attackers' keys the node admits.
const keysMax = 256

// identity is what an end of a connection claims and, with CURVE, proves.
type identity struct {
	claim string // its routing id
	keys  zmtp.Keys
}

// named returns the identity that belongs to a role in the play. It hangs on the
// words alone, so that every process knows all keys and none has to be passed on.
func named(role string, curve bool) identity {
	if !curve {
		return identity{claim: role}
	}
	var id identity
	id.keys.Secret = sha256.Sum256([]byte("hostile " + role))
	id.keys.Public = zmtp.PublicKey(&id.keys.Secret)
	id.claim = keyText(id.keys.Public[:])
	return id
}

// attacker returns the identity of the i-th attacker who is admitted.
func (t *Target) attacker(i int) identity { return named("attacker "+strconv.Itoa(i%keysMax), t.Curve) }

// node returns the identity of the node under attack.
func (t *Target) node() identity { return named(roleNode, t.Curve) }

func keyText(key []byte) string {
	text, err := z85.Encode(key)
	if err != nil {
		panic(err) // 32 bytes always have a text
	}
	return text
}
