package few_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/few"
)

// A Map does what Go's map does, with few keys and with many.
func TestMapIsAMap(t *testing.T) {
	for _, keys := range []int{3, 8, 9, 40} {
		r := rand.New(rand.NewPCG(1, uint64(keys)))
		var m few.Map[int, int]
		want := map[int]int{}
		for range 2000 {
			key, value := r.IntN(keys), r.Int()
			if r.IntN(3) == 0 {
				m.Delete(key)
				delete(want, key)
			} else {
				m.Put(key, value)
				want[key] = value
			}
			if got := maps.Collect(m.All()); !maps.Equal(got, want) || m.Len() != len(want) {
				t.Fatalf("of %d keys: %v, Len %d, want %v", keys, got, m.Len(), want)
			}
			got, ok := m.Get(key)
			if v, has := want[key]; got != v || ok != has {
				t.Fatalf("Get(%d) is %d, %v, want %d, %v", key, got, ok, v, has)
			}
		}
	}
}

// Find finds what Get does, and allocates nothing for long keys either.
func TestFind(t *testing.T) {
	for _, keys := range []int{8, 9} {
		var m few.Map[string, int]
		name := func(i int) []byte { return fmt.Appendf(nil, "%040d", i) }
		for i := range keys {
			m.Put(string(name(i)), i)
		}
		for i := range keys {
			if got, ok := few.Find(&m, name(i)); !ok || got != i {
				t.Errorf("of %d keys, Find of %d is %d, %v", keys, i, got, ok)
			}
		}
		none := name(keys)
		if n := testing.AllocsPerRun(10, func() {
			if _, ok := few.Find(&m, none); ok {
				t.Errorf("of %d keys, one more is found", keys)
			}
		}); n != 0 {
			t.Errorf("Find allocates %v times", n)
		}
	}
}

// The key that is visited may be deleted.
func TestDeletingWhatIsVisited(t *testing.T) {
	for _, keys := range []int{8, 9} {
		var m few.Map[int, int]
		for i := range keys {
			m.Put(i, i)
		}
		seen := 0
		for key := range m.All() {
			seen++
			m.Delete(key)
		}
		if seen != keys || m.Len() != 0 {
			t.Errorf("visited %d of %d keys, %d are left", seen, keys, m.Len())
		}
	}
}
