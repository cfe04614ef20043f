package bilateralrpc_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/bitmark-inc/bilateralrpc"
)

// A node keeps what its protocol saw of late. Somebody who wonders what it is at gets a
// recording of it, for bilsim replay-record; by /recording of package debugbilateral, too.
func ExampleNewRecorder() {
	recorder := bilateralrpc.NewRecorder(bilateralrpc.RecorderConfig{Bytes: 1 << 20})
	node, err := bilateralrpc.New(bilateralrpc.Config{Network: "example", Name: "node", Recorder: recorder})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()

	var recording bytes.Buffer
	_, err = node.Recorder().WriteTo(&recording)
	line, _ := recording.ReadString('\n')
	fmt.Print(line)
	fmt.Println(err)
	// Output:
	// bilateral recording 3
	// <nil>
}

// The recording is written when the program gets a signal, and once more at its end.
func ExampleRecorder_WriteFileOn() {
	dir := exampleDir()
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "node.recording")

	recorder := bilateralrpc.NewRecorder(bilateralrpc.RecorderConfig{})
	node, err := bilateralrpc.New(bilateralrpc.Config{Network: "example", Name: "node", Recorder: recorder})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()
	stop := recorder.WriteFileOn(name, func(err error) { log.Print(err) }, os.Interrupt) // mostly SIGUSR1
	defer stop()

	fmt.Println(recorder.WriteFile(name))
	// Output: <nil>
}
