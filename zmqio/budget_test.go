package zmqio

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// However many peers take all they get, as much as one of them holds stays free, and
// one that has nothing gets that.
func TestABudgetLeavesAsMuchAsAPeerHolds(t *testing.T) {
	t.Parallel()
	const whole = 1 << 20
	for peers := 1; peers < 20; peers++ {
		b := NewBudget(whole, whole)
		for took := true; took; {
			took = false
			for i := range peers {
				took = b.Open(fmt.Sprint(i)).Take(1<<10) || took
			}
		}
		free := whole - b.Held()
		if share := int64(whole / (peers + 1)); free < share-(1<<10) || free > share+int64(peers)<<10 {
			t.Errorf("%d greedy peers leave %d free, want about %d", peers, free, share)
		}
		if !b.Open("modest").Take(free / 2) {
			t.Errorf("beside %d greedy peers a modest one gets nothing", peers)
		}
	}
}

func TestAPeerHoldsNoMoreThanItsMaximum(t *testing.T) {
	t.Parallel()
	b := NewBudget(100, 1000)
	a, again := b.Open("a"), b.Open("a")
	if !a.Take(60) || again.Take(41) || !again.Take(40) {
		t.Error("two users of one account do not share it")
	}
	if b.Held() != 100 || b.Refused() != 1 {
		t.Errorf("%d bytes are held and %d were refused, want 100 and 1", b.Held(), b.Refused())
	}
}

// Coming again under the same name gives nobody a second share.
func TestWhatIsHeldOutlivesItsUsers(t *testing.T) {
	t.Parallel()
	b := NewBudget(100, 1000)
	a := b.Open("a")
	a.Take(100)
	a.Close()
	next := b.Open("a")
	if next.Take(1) {
		t.Error("a peer that came again got a second share")
	}
	a.Give(100)
	if !next.Take(100) {
		t.Error("what was given back is still counted")
	}
	next.Give(100)
	next.Close()
	if b.accounts.Len() != 0 || len(b.orphans) != 0 || b.Held() != 0 {
		t.Errorf("%d accounts, %d orphans and %d bytes are left", b.accounts.Len(), len(b.orphans), b.Held())
	}
}

// Whatever the order, the sums are right and no account is lost or left.
func TestABudgetAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := NewBudget(1000, 3000)
		type use struct {
			account *Account
			held    int64
			closed  bool
		}
		var uses []*use
		t.Repeat(map[string]func(*rapid.T){
			"open": func(t *rapid.T) {
				uses = append(uses, &use{account: b.Open(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name"))})
			},
			"take": func(t *rapid.T) {
				u, n := draw(t, uses), rapid.Int64Range(0, 1500).Draw(t, "bytes")
				if !u.closed && u.account.Take(n) {
					u.held += n
				}
			},
			"give": func(t *rapid.T) {
				u := draw(t, uses)
				u.account.Give(u.held)
				u.held = 0
			},
			"close": func(t *rapid.T) {
				if u := draw(t, uses); !u.closed {
					u.account.Close()
					u.closed = true
				}
			},
			"": func(t *rapid.T) {
				var all int64
				by := make(map[*Account]int64)
				for _, u := range uses {
					all += u.held
					by[u.account] += u.held
				}
				if all != b.Held() || all > 3000 {
					t.Fatalf("%d bytes are held, want %d and at most 3000", b.Held(), all)
				}
				for a, held := range by {
					if a.held.Load() != held || held > 1000 {
						t.Fatalf("%s holds %d, want %d and at most 1000", a.name, a.held.Load(), held)
					}
					if now, _ := b.accounts.Get(a.name); held > 0 && now != a {
						t.Fatalf("the account of %s is lost", a.name)
					}
				}
			},
		})
	})
}

// draw draws one of from. Where there is none rapid draws another action instead.
func draw[T any](t *rapid.T, from []T) T {
	if len(from) == 0 {
		t.Skip("there is none yet")
	}
	return rapid.SampledFrom(from).Draw(t, "of")
}
