// Package host runs a NATS server in the process, and tells programs of this machine how to
// reach it.
//
// Its folder holds the messages (jetstream/), and the file url, which only its owner can read:
// it has the address and the token without which nobody can connect. A server that starts
// again on the same folder goes on with what was kept; it may get another port, so that
// clients look into the file each time they dial.
package host

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// payloadMax bounds a message. Results take some kilobytes, and more with many findings.
const payloadMax = 8 << 20

// startMax is how long a server may take to read what it has kept.
const startMax = time.Minute

// authMax is how long a client may take to say who it is: more than the two seconds that are
// the default, as machines that run sweeps are busy.
const authMax = time.Minute

// ErrRuns says that a server runs on the folder already.
var ErrRuns = errors.New("a server runs on this folder already")

// A Host is a server that runs.
type Host struct {
	server *server.Server
	lock   *os.File
	url    *url.URL
}

// Start starts a server on a folder, which is made if it is not there. listen is HOST:PORT,
// where port 0 is a free one. The folder must not be that of a server that runs: ErrRuns.
func Start(dir, listen string, log server.Logger) (*Host, error) {
	name, port, err := split(listen)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	h, err := start(dir, name, port, log)
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	h.lock = lock
	return h, nil
}

func start(dir, name string, port int, log server.Logger) (*Host, error) {
	token, err := token(dir)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(&server.Options{
		ServerName: "sweep", Host: name, Port: port, Authorization: token, MaxPayload: payloadMax, MaxPending: 8 * payloadMax,
		AuthTimeout: authMax.Seconds(), JetStream: true, StoreDir: filepath.Join(dir, "jetstream"), NoSigs: true,
	})
	if err != nil {
		return nil, err
	}
	s.SetLoggerV2(log, false, false, false)
	go s.Start()
	if !s.ReadyForConnections(startMax) {
		s.Shutdown()
		return nil, fmt.Errorf("the server does not start on %s", net.JoinHostPort(name, strconv.Itoa(port)))
	}
	h := &Host{server: s, url: &url.URL{Scheme: "nats", User: url.User(token), Host: s.Addr().String()}}
	if err := writeURL(dir, h.near()); err != nil {
		h.Stop()
		return nil, err
	}
	return h, nil
}

// split reads an address to listen on.
func split(listen string) (name string, port int, err error) {
	name, digits, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("an address to listen on is HOST:PORT: %w", err)
	}
	port, err = strconv.Atoi(digits)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("an address to listen on is HOST:PORT, not %q", listen)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return name, port, nil
}

// URL returns the address for other machines, with the token.
func (h *Host) URL() string {
	u := *h.url
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			u.Host = net.JoinHostPort(name, u.Port())
		}
	}
	return u.String()
}

// near returns the address for programs of this machine.
func (h *Host) near() string {
	u := *h.url
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsUnspecified() {
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	return u.String()
}

// Stop ends the server, and returns once everything is on disk.
func (h *Host) Stop() {
	h.server.Shutdown()
	h.server.WaitForShutdown()
	if h.lock != nil {
		_ = h.lock.Close()
	}
}

// token returns the token of a folder: that of the server that ran before, so that its
// clients come in again, or a new one.
func token(dir string) (string, error) {
	name := filepath.Join(dir, "token")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(rand.Text())
		err = os.WriteFile(name, text, 0o600)
	}
	return strings.TrimSpace(string(text)), err
}

// writeURL replaces the file url as a whole: a reader never sees a part of it.
func writeURL(dir, text string) error {
	name := filepath.Join(dir, "url")
	if err := os.WriteFile(name+".new", []byte(text+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// ReadURL returns the address of the server that runs on a folder, or ran there last.
func ReadURL(dir string) (*url.URL, error) {
	text, err := os.ReadFile(filepath.Join(dir, "url"))
	if err != nil {
		return nil, err
	}
	return url.Parse(strings.TrimSpace(string(text)))
}

// A Dialer dials the server that runs on a folder, whatever address it is given.
type Dialer string

// Dial implements nats.CustomDialer.
func (dir Dialer) Dial(network, _ string) (net.Conn, error) {
	u, err := ReadURL(string(dir))
	if err != nil {
		return nil, err
	}
	return net.DialTimeout(network, u.Host, 2*time.Second)
}
