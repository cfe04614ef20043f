// Command wasm is the simulated world for a page: it reads a request of package
// sim/picture from its standard input, and writes the response to its standard output.
// It is built for GOOS=wasip1, and works anywhere.
package main

import (
	"io"
	"os"

	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

func main() {
	request, err := io.ReadAll(os.Stdin)
	if err == nil {
		_, err = os.Stdout.Write(picture.Answer(request))
	}
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
}
