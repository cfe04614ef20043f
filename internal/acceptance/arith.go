package acceptance

import (
	"errors"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// Arith is the service of the example in the original's documentation.
type Arith struct{}

type SumDiffArgs struct {
	A, B int
}

type SumDiffReply struct {
	Sum, Diff int
}

// SumDiff adds and subtracts, unless A is negative.
func (*Arith) SumDiff(args SumDiffArgs, reply *SumDiffReply) error {
	if args.A < 0 {
		return errors.New("argument A is negative")
	}
	reply.Sum, reply.Diff = args.A+args.B, args.A-args.B
	return nil
}

type sumDiffRow struct {
	From  string
	Reply SumDiffReply
	Err   error
}

// callSumDiff makes one call and checks its row.
func callSumDiff(t testing.TB, client *bilateralrpc.Bilateral, args *SumDiffArgs) {
	var rows []sumDiffRow
	if err := client.Call(nil, "Arith.SumDiff", args, &rows, patience); err != nil {
		t.Error(err)
	} else if len(rows) != 1 || rows[0].Err != nil || rows[0].Reply.Sum != args.A+args.B {
		t.Errorf("SumDiff of %+v: got %+v", *args, rows)
	}
}
