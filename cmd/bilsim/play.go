package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/page"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

// play serves the page with an editor, or writes it into a folder.
func play(c *console, args []string) (int, error) {
	f := c.flagSet("play")
	listen := f.String("listen", "127.0.0.1:0", "the `address` to serve it on, of this machine only")
	to := f.String("o", "", "instead: write static files for any host into this `folder`")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	text, err := c.playground(f.Args())
	if err != nil {
		return 0, err
	}
	if *to != "" {
		if err := os.MkdirAll(*to, 0o755); err != nil {
			return 0, err
		}
		name := filepath.Join(*to, "index.html")
		fmt.Fprintln(c.out, name)
		return exitFine, os.WriteFile(name, []byte(text), 0o644)
	}
	l, err := loopback(*listen)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(c.out, "http://%v/  (Ctrl-C ends it)\n", l.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return exitFine, serve(ctx, l, text)
}

// loopback listens, on this machine only: what it serves is not meant for others.
func loopback(address string) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	if !at.IP.IsLoopback() {
		return nil, fmt.Errorf("-listen is an address of this machine only, such as 127.0.0.1:8000, not %q; for others there is -o", address)
	}
	return net.ListenTCP("tcp", at)
}

// serve serves a page until the context ends.
func serve(ctx context.Context, l net.Listener, text string) error {
	s := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
		}),
	}
	end := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer end()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// first is the example where no other one can be found.
const first = `# Two nodes are linked; then their ways are cut for a minute.
bilsim 1
seed 1
peers a b
at 0s connect a -> b
at 20s partition {a} | {b} for 1m
at 30s call a -> b Echo.Ping timeout 5s as k1
expect linked a b at 5m
`

// playground returns the page with an editor. Its examples are the files that are named,
// or else those of the module's own tests.
func (c *console) playground(names []string) (string, error) {
	if len(names) == 0 {
		if dir, err := page.Source(); err == nil {
			names, _ = filepath.Glob(filepath.Join(dir, "testdata", "scenario", "*.sim"))
		}
	}
	p := &page.Page{Title: "bilsim play", Play: true}
	for _, name := range names {
		text, err := readText(c, name)
		if err != nil {
			return "", err
		}
		p.Examples = append(p.Examples, page.Example{Name: strings.TrimSuffix(filepath.Base(name), ".sim"), Scenario: text})
	}
	if len(p.Examples) == 0 {
		p.Examples = []page.Example{{Name: "partition", Scenario: first}}
	}
	shown := 0
	for i, e := range p.Examples {
		if e.Name == "partition" {
			shown = i
		}
	}
	p.Examples[0], p.Examples[shown] = p.Examples[shown], p.Examples[0]
	s, err := sim.Parse(p.Examples[0].Scenario)
	if err != nil {
		return "", located(p.Examples[0].Name, p.Examples[0].Scenario, err)
	}
	p.Views = []page.View{{Name: "run", Picture: picture.Draw(s.Run(sim.RunOptions{}), picture.Options{})}}
	if p.Wasm, err = c.simulation(); err != nil {
		return "", fmt.Errorf("there is nothing to play with: %w", err)
	}
	var b strings.Builder
	err = page.Write(&b, p)
	return b.String(), err
}
