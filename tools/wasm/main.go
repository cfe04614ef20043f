// Wasm runs a WebAssembly module of GOOS=wasip1 with the arguments that follow its
// name, with the standard streams of its own, and exits as it does.
//
//	go run ./wasm bilsim.wasm digest -seed 7
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "wasm: name a module, and its arguments behind it")
		os.Exit(2)
	}
	err := run(os.Args[1], os.Args[1:])
	var exit *sys.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(int(exit.ExitCode()))
	case err != nil:
		fmt.Fprintln(os.Stderr, "wasm:", err)
		os.Exit(2)
	}
}

func run(name string, args []string) error {
	module, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return err
	}
	cfg := wazero.NewModuleConfig().WithArgs(args...).WithStdin(os.Stdin).WithStdout(os.Stdout).WithStderr(os.Stderr).
		WithRandSource(rand.Reader).WithSysNanotime().WithSysWalltime().WithSysNanosleep()
	_, err = r.InstantiateWithConfig(ctx, module, cfg)
	return err
}
