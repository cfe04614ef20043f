package acceptance

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc"
)

// The example that the documentation of the original shows: a server with an
// Arith.SumDiff, and a client.
func TestTheDocumentedExample(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		server := bilateralrpc.NewPlaintext("network", "server")
		defer server.Close()
		if err := server.Register(&Arith{}); err != nil {
			t.Fatal(err)
		}
		if err := server.ListenOn(tr.wildcard); err != nil {
			t.Fatal(err)
		}
		client := bilateralrpc.NewPlaintext("network", "client")
		defer client.Close()
		if err := client.ConnectTo("server", server.ListenAddresses()[0]); err != nil {
			t.Fatal(err)
		}
		waitPeers(t, client, 1)

		type Result2 struct {
			From  string
			Reply SumDiffReply
		}
		var results2 []Result2
		if err := client.Call(bilateralrpc.SendToAll, "Arith.SumDiff", SumDiffArgs{186, 253}, &results2, patience); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Result2{{"server", SumDiffReply{439, -67}}}, results2); diff != "" {
			t.Errorf("two fields (-want +got):\n%s", diff)
		}

		type Result3 struct {
			From  string
			Reply SumDiffReply
			Err   error
		}
		var results3 []Result3
		if err := client.Call([]string{"server"}, "Arith.SumDiff", &SumDiffArgs{1, 2}, &results3, patience); err != nil {
			t.Fatal(err)
		}
		if want := []Result3{{"server", SumDiffReply{3, -1}, nil}}; !cmp.Equal(want, results3) {
			t.Errorf("three fields: got %+v, want %+v", results3, want)
		}
		if err := client.Call(nil, "Arith.SumDiff", SumDiffArgs{A: -1}, &results3, patience); err != nil {
			t.Fatal(err)
		}
		if len(results3) != 1 || results3[0].Err == nil || results3[0].Err.Error() != "argument A is negative" {
			t.Errorf("an error of the handler: got %+v, want one row with its text", results3)
		}
		if err := client.Call(nil, "Arith.SumDiff", SumDiffArgs{A: -1}, &results2, patience); err != nil || len(results2) != 0 {
			t.Errorf("an error of the handler, rows of two fields: got %+v, %v, want no rows", results2, err)
		}
	})
}
