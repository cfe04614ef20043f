package debugbilateral_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/debugbilateral"
)

// The page tells names, addresses and errors, so the listener is one of this machine. This
// one is a test's; a program has http.ListenAndServe("127.0.0.1:6060", mux).
func ExampleHandler() {
	node, err := bilateralrpc.New(bilateralrpc.Config{Network: "example", Name: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()

	mux := http.NewServeMux()
	mux.Handle("/debug/bilateral/", http.StripPrefix("/debug/bilateral", debugbilateral.Handler(node)))
	server := httptest.NewServer(mux)
	defer server.Close()

	answer, err := http.Get(server.URL + "/debug/bilateral/state")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var state debugbilateral.State
	if err := json.NewDecoder(answer.Body).Decode(&state); err != nil {
		log.Fatal(err)
	}
	fmt.Println(state.Node.Name, "of", state.Node.Network, "has", len(state.Peers), "peers")
	// Output: alice of example has 0 peers
}
