package bilateralrpc

import (
	"fmt"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// What a call costs the caller's goroutine, but for the driver. T makes types that
// differ: nothing here may count on meeting the same one again at once.

type (
	benchOperands[T any] struct{ A, B int }
	benchResults[T any]  struct{ S, D int }
	benchRow[T any]      struct {
		From  string
		Reply benchResults[T]
		Err   error
	}
)

// BenchmarkRows puts the reply of one peer into a row.
func BenchmarkRows(b *testing.B) {
	body, err := gobcodec.Append(nil, benchResults[bool]{1002, 998})
	if err != nil {
		b.Fatal(err)
	}
	outcomes := []zmqio.Outcome{{Peer: "peer", How: core.Replied, Body: body}}
	benchTypes(b, []any{new([]benchRow[bool]), new([]benchRow[int8]),
		new([]benchRow[int16]), new([]benchRow[int32])}, func(results any) error {
		var rows rows
		err := rows.of(results, valueBytesMaxDefault)
		if err == nil && rows.fill(outcomes) != nil {
			err = fmt.Errorf("a reply can't be decoded into %T", results)
		}
		return err
	})
}

// BenchmarkEncode encodes arguments, given by value.
func BenchmarkEncode(b *testing.B) {
	var c zmqio.Call
	to := []string{"peer"}
	benchTypes(b, []any{benchOperands[bool]{1000, 2}, benchOperands[int8]{1000, 2},
		benchOperands[int16]{1000, 2}, benchOperands[int32]{1000, 2}}, func(args any) error { return encode(&c, to, "Arith.SumDiff", args) })
}

// benchTypes measures do with the first of values alone, and with all in turn.
func benchTypes(b *testing.B, values []any, do func(any) error) {
	for _, types := range []int{1, len(values)} {
		b.Run(fmt.Sprintf("types=%d", types), func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				if err := do(values[n%types]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
