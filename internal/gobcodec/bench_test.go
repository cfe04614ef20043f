package gobcodec

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"reflect"
	"testing"
)

type benchArgs struct{ A, B int }

type benchRecord struct {
	Name string
	Tags []string
	Data []byte
	Nums []int
	Attr map[string]int
}

var benchRecordValue = benchRecord{
	Name: "a record of several kinds",
	Tags: []string{"one", "two", "three"},
	Data: make([]byte, 256),
	Nums: []int{1, 2, 3, 4, 5, 6, 7, 8},
	Attr: map[string]int{"k": 1, "l": 2},
}

// benchOrder is a nested struct with slices and strings.
type (
	benchOrder struct {
		ID       string
		Customer benchCustomer
		Lines    []benchLine
		Notes    []string
		Total    float64
		Paid     bool
	}
	benchCustomer struct {
		Name, City string
		Since      int
	}
	benchLine struct {
		Article string
		Count   int
		Price   float64
	}
)

var benchOrderValue = benchOrder{
	ID:       "order-1866",
	Customer: benchCustomer{"Somebody", "Taipei", 2014},
	Lines:    []benchLine{{"article-1", 1, 9.99}, {"article-2", 20, 0.25}, {"article-3", 3, 100}},
	Notes:    []string{"deliver", "before noon"},
	Total:    314.99,
	Paid:     true,
}

func benchmarkCodec[T any](b *testing.B, in T) {
	encoded, err := Append(nil, &in)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf, _ = Append(buf[:0], &in)
		}
	})
	b.Run("append-fresh", func(b *testing.B) {
		b.ReportAllocs()
		var buf bytes.Buffer
		for b.Loop() {
			buf.Reset()
			_ = gob.NewEncoder(&buf).Encode(&in)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		var out T
		for b.Loop() {
			if err := Decode(encoded, &out); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode-max", func(b *testing.B) {
		b.ReportAllocs()
		var out T
		for b.Loop() {
			if err := DecodeMax(encoded, &out, 1<<20); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode-fresh", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var out T
			if err := gob.NewDecoder(bytes.NewReader(encoded)).Decode(&out); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCost finds the cost of values, and decodes none.
func BenchmarkCost(b *testing.B) {
	for _, v := range []any{benchArgs{186, 253}, benchRecordValue, repeat(1000, wide{A: "a"}), repeat(1000, 1234)} {
		data, err := Append(nil, v)
		if err != nil {
			b.Fatal(err)
		}
		c := Of(reflect.TypeOf(v))
		b.Run(fmt.Sprintf("%.20v", c.local), func(b *testing.B) {
			b.ReportAllocs()
			if err := c.Decode(data, reflect.New(c.local).Elem()); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := c.Cost(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOrder(b *testing.B) { benchmarkCodec(b, benchOrderValue) }

func BenchmarkInts(b *testing.B) { benchmarkCodec(b, benchArgs{186, 253}) }

func BenchmarkTexts(b *testing.B) {
	benchmarkCodec(b, struct {
		Name, Value string
		N           int
	}{"a name", "and what it stands for", 7})
}

func BenchmarkWide(b *testing.B) { benchmarkCodec(b, repeat(1000, wide{A: "a"})) }

func BenchmarkNumbers(b *testing.B) { benchmarkCodec(b, repeat(1000, 1234)) }

func BenchmarkRecord(b *testing.B) {
	benchmarkCodec(b, benchRecordValue)
}
