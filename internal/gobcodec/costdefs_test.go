//go:build !race

package gobcodec

import (
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// The cost includes the allocations of a decoder for definitions, also where they
// do not match the type, or are of use to nothing.
func TestCostOfDefinitionsIsNeverTooLow(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	empty := gobMessage(64, []byte{0})
	long := strings.Repeat("N", 60_000)
	for name, definitions := range map[string][]byte{
		"1,000 structs":               slices.Concat(manyDefinitions(1000)...),
		"1,000 slices":                sliceChain(64, 1000),
		"unused maps":                 join(sameFields(1, "B", idInt), slices.Concat(many(900, func(id int64) []byte { return defineMap(id+100, id+101, id+101) })...)),
		"9,000 fields without names":  sameFields(9000, "", idInt),
		"8,000 fields that are known": sameFields(8000, "B", idInt),
		"8,000 that are not":          sameFields(8000, "X", idInt),
		"1,000 of slices 10 deep":     join(sameFields(1000, "X", 65), sliceChain(65, 10)),
		"100 of slices 500 deep":      join(sameFields(100, "X", 65), sliceChain(65, 500)),
		"1,000 structs of a list":     join(slices.Concat(many(1000, func(id int64) []byte { return defineStruct(id, id%1000+65, id) })...)),
		"a long name":                 gobMessage(-64, []byte{3, 1, 1}, gobUint(60_000), []byte(long), []byte{0, 1, 1, 1, 1, 'B', 1, 6, 0, 0, 0}),
		"interfaces":                  sameFields(1000, "X", idInterface),
		"types that decode themselves": join(sameFields(1000, "X", 65),
			gobMessage(-65, []byte{5, 1, 1, 1, 'G', 0, 0, 0})),
	} {
		data := join(definitions, empty)
		for _, target := range []any{new(plainInt), new(list), new(withInterface), new(tree), new(embedded), new(any), new(struct{ X any })} {
			c := Of(reflect.TypeOf(target).Elem())
			cost, took := int64(0), int64(unpayable)
			for range 3 {
				forget(c)
				cost = 0
				took = min(took, spent(func() {
					_ = c.DecodeCharged(data, reflect.New(c.local).Elem(), unpayable, chargeFunc(func(n int64) error { cost += n; return nil }))
				}))
			}
			t.Logf("%-30s %6d bytes into %-25v cost %8d, allocated %8d, ratio %5.2f", name, len(data), c.local, cost, took, float64(cost)/float64(took))
			if cost > 0 && cost < took {
				t.Errorf("%s, into a %v: cost %d, allocated %d", name, c.local, cost, took)
			}
			if cost == 0 && took > 4<<20 {
				t.Errorf("%s, into a %v: refused, and %d allocated for %d bytes", name, c.local, took, len(data))
			}
		}
	}
}

// many makes n definitions, from 65 on.
func many(n int64, define func(id int64) []byte) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = define(int64(65 + i))
	}
	return all
}
