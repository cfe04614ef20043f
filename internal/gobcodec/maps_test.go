package gobcodec

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// mapLeast returns what a map of n entries takes if none of its tables overflows.
func (m *mapLayout) mapLeast(n int64) int64 {
	target := n * groupSlots / loadMax
	tables := powerOfTwo((target + tableMax - 1) / tableMax)
	slots := powerOfTwo(max(target/tables, groupSlots))
	least := tables * m.table(slots)
	// By the pigeonhole principle some do: where not even their room suffices.
	if room := slots * loadMax / groupSlots; n > tables*room {
		least += m.table(tableMax) * (slots / (tableMax / 2))
	}
	return least + mapHeader + heapBytes(8*tables, true)
}

// A map of up to 896 entries has one table, and what it takes is known. Beyond, chance
// decides which tables overflow: what is counted is what happens once in 1e9, which
// is at most three times what is taken if none does.
func TestMapsAreCountedAtMostThreefold(t *testing.T) {
	m := layoutOf(reflect.TypeFor[map[int]int]())
	worst, at := 0.0, int64(0)
	for n := int64(9); n < 300_000; n += 1 + n/500 {
		ratio := float64(m.bytes(uint64(n))) / float64(m.mapLeast(n))
		if n <= 896 && ratio != 1 {
			t.Errorf("%d entries: counted %.2f times, want exactly", n, ratio)
		}
		if ratio > worst {
			worst, at = ratio, n
		}
	}
	t.Logf("at most %.2f times, for %d entries", worst, at)
	if worst > 3 {
		t.Errorf("%d entries: counted %.2f times what is taken if no table overflows, want at most 3", at, worst)
	}
}

// overfull is a bound on what chance does, and no wild one: in 500 tries none
// has more tables that overflow, and the most of them is near.
func TestOverfullBoundsChance(t *testing.T) {
	const tries = 500
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ n, tables int64 }{
		{1000, 2}, {1700, 2}, {1750, 2}, {1792, 2}, {3300, 4}, {3584, 4}, {6800, 8}, {7100, 8}, {13_000, 16}, {28_000, 32}, {50_000, 64},
	} {
		const room = tableMax * loadMax / groupSlots
		bound, most := overfull(c.n, c.tables, room), int64(0)
		for range tries {
			filled, full := make([]int64, c.tables), int64(0)
			for range c.n {
				filled[r.Int64N(c.tables)]++
			}
			for _, n := range filled {
				if n > room {
					full++
				}
			}
			most = max(most, full)
		}
		t.Logf("%6d entries, %2d tables: up to %2d overflow in %d tries, the bound is %2d", c.n, c.tables, most, tries, bound)
		if most > bound {
			t.Errorf("%d entries: %d of %d tables overflow, the bound is %d", c.n, most, c.tables, bound)
		}
		if bound > 2*most+max(5, c.tables/4) {
			t.Errorf("%d entries: the bound is %d of %d tables, %d happen in %d tries", c.n, bound, c.tables, most, tries)
		}
	}
}
