package main

import (
	"context"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/sweep/internal/host"
)

// serve runs a server until it is interrupted.
func (a *app) serve(ctx context.Context, args []string) (int, error) {
	f := a.flags("serve")
	listen := f.String("listen", "127.0.0.1:0", "`HOST:PORT` to listen on; other machines need a host and a port of yours")
	dir := f.String("dir", "sweep.data", "`folder` of everything that is kept")
	verbose := f.Bool("v", false, "say more on standard error")
	if err := parse(f, args); err != nil {
		return exitUsage, err
	}
	h, err := host.Start(*dir, *listen, serverLog{a.logger(&place{verbose: *verbose})})
	if err != nil {
		return exitUsage, fmt.Errorf("%w (folder %s)", err, *dir)
	}
	defer h.Stop()
	fmt.Fprintf(a.out, "The server runs. On this machine: sweep work -dir %s\nOn others: SWEEP_SERVER=%s sweep work\n", *dir, h.URL())
	<-ctx.Done()
	return exitFine, nil
}
