package service_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

// Operands and Results are the types of SumDiff: others for each T.
type (
	Operands[T any] struct{ A, B int }
	Results[T any]  struct{ S, D int }
)

// Adder is a service for each T.
type Adder[T any] struct{}

func (Adder[T]) SumDiff(args Operands[T], reply *Results[T]) error {
	reply.S, reply.D = args.A+args.B, args.A-args.B
	return nil
}

// BenchmarkCall runs a method as the driver does, but for the memory of the reply,
// with one method's types and with several in turn.
func BenchmarkCall(b *testing.B) {
	var registry service.Registry
	type request struct{ method, args []byte }
	var requests []request
	add := func(receiver, args any) {
		if err := registry.Register(receiver, nil); err != nil {
			b.Fatal(err)
		}
		method := reflect.TypeOf(receiver).Name() + ".SumDiff"
		requests = append(requests, request{[]byte(method), encode(b, args)})
	}
	add(Adder[bool]{}, Operands[bool]{1000, 2})
	add(Adder[int8]{}, Operands[int8]{1000, 2})
	add(Adder[int16]{}, Operands[int16]{1000, 2})
	add(Adder[int32]{}, Operands[int32]{1000, 2})
	for _, types := range []int{1, len(requests)} {
		b.Run(fmt.Sprintf("types=%d", types), func(b *testing.B) {
			b.ReportAllocs()
			var reply []byte
			for n := 0; b.Loop(); n++ {
				r := &requests[n%types]
				var err error
				if reply, err = serve(&registry, reply[:0], "peer", r.method, r.args, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
