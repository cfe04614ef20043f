package pertype

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
)

// manyTypes returns more types than there are slots.
func manyTypes() []reflect.Type {
	types := make([]reflect.Type, 3*slots)
	for i := range types {
		types[i] = reflect.ArrayOf(i, reflect.TypeFor[byte]())
	}
	return types
}

func TestEveryTypeHasItsOwnValue(t *testing.T) {
	var m Map[int]
	types := manyTypes()
	for i, typ := range types {
		if v, ok := m.Load(typ); ok {
			t.Errorf("%v: found %d before anything was stored", typ, v)
		}
		if v := m.LoadOrStore(typ, i); v != i {
			t.Errorf("%v: %d was there before %d was stored", typ, v, i)
		}
		if v := m.LoadOrStore(typ, -1); v != i {
			t.Errorf("%v: got %d, want %d: the first one stays", typ, v, i)
		}
	}
	for range 2 {
		for i, typ := range types {
			if v, ok := m.Load(typ); !ok || v != i {
				t.Errorf("%v: got %d, %v, want %d", typ, v, ok, i)
			}
		}
	}
}

func TestAllWhoStoreAtOnceAgree(t *testing.T) {
	var (
		m     Map[int]
		wg    sync.WaitGroup
		types = manyTypes()
		got   [4][]int
	)
	for g := range got {
		wg.Go(func() {
			for i, typ := range types {
				v, ok := m.Load(typ)
				if !ok {
					v = m.LoadOrStore(typ, len(got)*i+g)
				}
				got[g] = append(got[g], v)
			}
		})
	}
	wg.Wait()
	for i, typ := range types {
		for g := range got {
			if v := got[g][i]; v != got[0][i] || v/len(got) != i {
				t.Errorf("%v: one goroutine got %d and another %d", typ, got[0][i], v)
			}
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	var m Map[int]
	types := manyTypes()
	for i, typ := range types {
		m.LoadOrStore(typ, i)
	}
	for _, used := range []int{1, 4, 32, len(types)} {
		b.Run(fmt.Sprintf("types=%d", used), func(b *testing.B) {
			for n := 0; b.Loop(); n++ {
				if _, ok := m.Load(types[n%used]); !ok {
					b.Fatal("lost a type")
				}
			}
		})
	}
}
