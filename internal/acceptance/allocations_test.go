//go:build gc && !purego && !race

package acceptance

import (
	"context"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// The whole stack, both sides: what a call of small structs may allocate. That is, of Call,
// the rows here, the slice of them, and the arguments with the reply there; arguments by value
// are one more here. Of One, it is the context of the handler.
func TestAllocationsOfACall(t *testing.T) {
	_, client := pair(t, overMemory, bilateralrpc.Config{})
	args := SumDiffArgs{A: 1, B: 2}
	for range 100 {
		callSumDiff(t, client, &args)
	}
	if n := testing.AllocsPerRun(1000, func() { callSumDiff(t, client, &args) }); n > 3 {
		t.Errorf("a call allocates %v times, want at most 3", n)
	}
	byValue := func() {
		var rows []sumDiffRow
		if err := client.Call(nil, "Arith.SumDiff", args, &rows, patience); err != nil || len(rows) != 1 {
			t.Error(rows, err)
		}
	}
	if n := testing.AllocsPerRun(1000, byValue); n > 4 {
		t.Errorf("a call with arguments by value allocates %v times, want at most 4", n)
	}
}

func TestAllocationsOfACallWithTypes(t *testing.T) {
	server, client := pair(t, overMemory, bilateralrpc.Config{})
	difference := bilateralrpc.NewMethod[SumDiffArgs, SumDiffReply]("Typed.SumDiff")
	err := difference.Handle(server, func(_ context.Context, args SumDiffArgs) (SumDiffReply, error) {
		return SumDiffReply{Sum: args.A + args.B, Diff: args.A - args.B}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	call := func() {
		if reply, err := difference.One(t.Context(), client, "server", SumDiffArgs{A: 1, B: 2}); err != nil || reply.Sum != 3 {
			t.Fatal(reply, err)
		}
	}
	for range 100 {
		call()
	}
	if n := testing.AllocsPerRun(1000, call); n > 2 {
		t.Errorf("a call allocates %v times, want at most 2", n)
	}
}
