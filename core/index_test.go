package core

import (
	"maps"
	"math/rand/v2"
	"testing"
)

// TestIndexAgainstMap adds and removes keys at random, in rows and of few homes,
// and compares each answer with a map's.
func TestIndexAgainstMap(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var x index
		model := map[uint64]int32{}
		var keys []uint64 // of the model, in an order that the seed decides
		next := rng.Uint64()
		most := 1 + rng.IntN(200)
		for step := range 20_000 {
			switch key := next; {
			case rng.IntN(2) == 0 && len(keys) < most:
				if rng.IntN(4) == 0 {
					key = rng.Uint64N(64) << 56
				}
				next++
				if _, taken := model[key]; !taken {
					x.add(key, int32(step))
					model[key] = int32(step)
					keys = append(keys, key)
				}
			case len(keys) > 0:
				i := rng.IntN(len(keys))
				x.remove(keys[i])
				delete(model, keys[i])
				keys[i] = keys[len(keys)-1]
				keys = keys[:len(keys)-1]
			}
			x.remove(rng.Uint64()) // of no key, but for a rare one
			if x.n != len(model) {
				t.Fatalf("seed %d, step %d: %d keys, want %d", seed, step, x.n, len(model))
			}
			if key := next - rng.Uint64N(8); !agrees(&x, model, key) {
				t.Fatalf("seed %d, step %d: wrong about key %d", seed, step, key)
			}
			if step%100 == 0 {
				checkIndex(t, &x, model)
			}
		}
		if len(x.cells) > 2*max(2*most, cellsMin) {
			t.Errorf("seed %d: %d cells for at most %d keys", seed, len(x.cells), most)
		}
	}
}

func agrees(x *index, model map[uint64]int32, key uint64) bool {
	slot, ok := x.get(key)
	want, known := model[key]
	return ok == known && (!ok || slot == want)
}

// checkIndex compares an index with a map, key by key.
func checkIndex(t *testing.T, x *index, model map[uint64]int32) {
	t.Helper()
	for key := range maps.Keys(model) {
		if !agrees(x, model, key) {
			t.Fatalf("wrong about key %d", key)
		}
	}
	used := 0
	for _, c := range x.cells {
		if c.slot != 0 {
			used++
		} else if c.key != 0 {
			t.Fatalf("an empty cell has the key %d", c.key)
		}
	}
	if used != len(model) || 2*used > len(x.cells) {
		t.Fatalf("%d of %d cells are used by %d keys", used, len(x.cells), len(model))
	}
}

func TestIndexOfNothing(t *testing.T) {
	var x index
	x.remove(1)
	if _, ok := x.get(0); ok {
		t.Error("an empty index knows a key")
	}
	x.add(0, 0)
	if slot, ok := x.get(0); !ok || slot != 0 {
		t.Errorf("key 0 has slot %d, %v; want 0", slot, ok)
	}
}

func TestIndexClone(t *testing.T) {
	var x index
	x.add(1, 10)
	c := x.clone()
	c.remove(1)
	c.add(2, 20)
	if slot, ok := x.get(1); !ok || slot != 10 {
		t.Errorf("after a change of its clone, key 1 has slot %d, %v; want 10", slot, ok)
	}
	if _, ok := x.get(2); ok || x.n != 1 {
		t.Error("a key of the clone is there")
	}
}

// Numbers in a row, as ids and the names of calls are, lie next to their homes.
func TestIndexSpreadsNumbersInARow(t *testing.T) {
	const farMax = 1 // cells
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 2))
		first, n := rng.Uint64()>>rng.IntN(64), 1+rng.IntN(5000)
		var x index
		for i := range n {
			x.add(first+uint64(i), int32(i))
		}
		for i, c := range x.cells {
			if far := (i - x.home(c.key)) & (len(x.cells) - 1); c.slot != 0 && far > farMax {
				t.Fatalf("%d keys from %d: key %d is %d cells from its home, want at most %d", n, first, c.key, far, farMax)
			}
		}
	}
}
