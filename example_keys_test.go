package bilateralrpc_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/bitmark-inc/bilateralrpc"
)

// exampleDir makes a directory that nobody else can change, for files of keys.
func exampleDir() string {
	dir, err := os.MkdirTemp("", "example") // with mode 0700
	if err != nil {
		log.Fatal(err)
	}
	return dir
}

// The first start makes the keys, and every other one has the same name.
func ExampleLoadOrCreateKeypair() {
	dir := exampleDir()
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "node.keys")

	first, _, err := bilateralrpc.LoadOrCreateKeypair(path)
	if err != nil {
		log.Fatal(err)
	}
	publicKey, privateKey, err := bilateralrpc.LoadOrCreateKeypair(path)
	if err != nil {
		log.Fatal(err)
	}
	node, err := bilateralrpc.New(bilateralrpc.Config{Network: "example", PublicKey: publicKey, PrivateKey: privateKey})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()
	fmt.Println(publicKey == first)
	// Output: true
}

func ExampleLoadAllowedKeys() {
	dir := exampleDir()
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "allowed")
	list := `# who may connect
rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7 the printer
`
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		log.Fatal(err)
	}
	keys, aliases, err := bilateralrpc.LoadAllowedKeys(path)
	fmt.Println(len(keys), aliases[keys[0]], err)
	// Output: 1 the printer <nil>
}

// A daemon reads its file of allowed keys again when it gets SIGHUP.
func ExampleBilateral_ReloadAllowedKeys() {
	dir := exampleDir()
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "allowed")
	if err := os.WriteFile(path, []byte("nobody\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	publicKey, privateKey, err := bilateralrpc.NewKeypair()
	if err != nil {
		log.Fatal(err)
	}
	node, err := bilateralrpc.New(bilateralrpc.Config{
		Network: "example", PublicKey: publicKey, PrivateKey: privateKey, AllowedKeysFile: path,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()

	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-reload:
				if err := node.ReloadAllowedKeys(); err != nil { // the keys are those of before
					slog.Error("reload", "err", err)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	// The daemon works, until it is told to end.
	cancel()
	<-done
	fmt.Println(node.ReloadAllowedKeys())
	// Output: <nil>
}
