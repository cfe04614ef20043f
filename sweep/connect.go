package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/bitmark-inc/bilateralrpc/sweep/internal/host"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// connection is the way to a server.
type connection struct {
	*nats.Conn
	js jetstream.JetStream
}

// How a client goes on when its server is away: it tries for ever, and keeps nothing that it
// was to send meanwhile, since those who wait for an answer ask again.
const (
	redialWait   = 250 * time.Millisecond
	redialJitter = 250 * time.Millisecond
	dialMax      = 5 * time.Second
	connectMax   = 20 * time.Second // of trying, at the first time
	pingEvery    = 10 * time.Second
)

// connect connects to the server. That it is there now is demanded only at the first time.
func (p *place) connect(log *slog.Logger) (*connection, error) {
	options := []nats.Option{
		nats.Name("sweep"), nats.MaxReconnects(-1), nats.ReconnectWait(redialWait), nats.ReconnectJitter(redialJitter, redialJitter),
		nats.ReconnectBufSize(-1), nats.Timeout(dialMax), nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(2), nats.NoCallbacksAfterClientClose(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { log.Warn("the connection to the server is gone", "err", err) }),
		nats.ReconnectHandler(func(*nats.Conn) { log.Warn("connected to the server again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Info("from the server's connection", "err", err)
		}),
	}
	url := p.server
	if url == "" {
		u, err := host.ReadURL(p.dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("no server has run on the folder %s: start one with sweep run or sweep serve, or name one with -server", p.dir)
		}
		if err != nil {
			return nil, err
		}
		url = u.String()
		options = append(options, nats.SetCustomDialer(host.Dialer(p.dir)))
	}
	if p.creds != "" {
		options = append(options, nats.UserCredentials(p.creds))
	}
	c, err := nats.Connect(url, options...)
	// On a machine that is busy a server takes long to answer, and one may just be starting.
	for begun := time.Now(); err != nil && !errors.Is(err, nats.ErrAuthorization) && time.Since(begun) < connectMax; {
		time.Sleep(redialWait)
		c, err = nats.Connect(url, options...)
	}
	if err != nil {
		return nil, fmt.Errorf("can't connect to the server: %w", err)
	}
	js, err := jetstream.New(c)
	if err != nil {
		c.Close()
		return nil, err
	}
	return &connection{c, js}, nil
}

// close sends what is to be sent, and closes.
func (c *connection) close() {
	_ = c.FlushTimeout(time.Second)
	c.Close()
}

// serverLog passes on what the server in this process has to say.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l serverLog) Warnf(format string, v ...any)   { l.log.Info(fmt.Sprintf(format, v...)) }
func (l serverLog) Errorf(format string, v ...any)  { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l serverLog) Debugf(string, ...any)           {}
func (l serverLog) Tracef(string, ...any)           {}

// Fatalf is called when the server can't go on: a folder that can't be written to.
func (l serverLog) Fatalf(format string, v ...any) {
	l.log.Error(fmt.Sprintf(format, v...))
	os.Exit(exitUsage)
}

// reach connects to the server of a sweep that may be over: if none runs on the folder of
// this machine, one is started for as long as it is looked at. stop ends both.
func (p *place) reach(log *slog.Logger) (c *connection, stop func(), err error) {
	stop = func() {}
	if p.server == "" {
		if _, err := host.ReadURL(p.dir); err == nil {
			h, err := host.Start(p.dir, "127.0.0.1:0", serverLog{log})
			if err != nil && !errors.Is(err, host.ErrRuns) {
				return nil, nil, err
			}
			if err == nil {
				stop = h.Stop
			}
		}
	}
	if c, err = p.connect(log); err != nil {
		stop()
		return nil, nil, err
	}
	end := stop
	return c, func() { c.close(); end() }, nil
}

// openTally opens a sweep that has been planned, to look at it.
func (p *place) openTally(ctx context.Context, c *connection, log *slog.Logger) (*ledger.Ledger, *tally, error) {
	l, err := ledger.Open(ctx, c.js, p.name, ledger.Options{Log: log})
	if err != nil {
		return nil, nil, errNotPlanned(p.name, err)
	}
	t, err := taskOf(l.Plan().Work)
	if err != nil {
		return nil, nil, err
	}
	return l, newTally(l, t), nil
}
