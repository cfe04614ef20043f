package zmtpnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ipcPathBytesMax is what fits into a Unix socket address on every platform.
const ipcPathBytesMax = 103

// endpoint is an address as package net wants it.
type endpoint struct {
	network string // "tcp" or "unix"
	address string
}

// parseAddress checks the form of an address to dial, or to listen on: only
// there the host and the port may be wildcards.
func parseAddress(address string, listen bool) (endpoint, error) {
	if path, ok := strings.CutPrefix(address, "ipc://"); ok {
		if path == "" || len(path) > ipcPathBytesMax {
			return endpoint{}, fmt.Errorf("zmtpnet: address %q: write ipc:// and a path of 1 to %d bytes", address, ipcPathBytesMax)
		}
		return endpoint{"unix", path}, nil
	}
	rest, ok := strings.CutPrefix(address, "tcp://")
	if !ok {
		return endpoint{}, fmt.Errorf("zmtpnet: address %q: write tcp://host:port or ipc:///path", address)
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		return endpoint{}, fmt.Errorf("zmtpnet: address %q: write tcp://host:port, with an IPv6 host in brackets: %w", address, err)
	}
	if listen && host == "*" {
		host = ""
	}
	if listen && port == "*" {
		port = "0"
	}
	if err := checkHostPort(host, port, listen); err != nil {
		return endpoint{}, fmt.Errorf("zmtpnet: address %q: %w", address, err)
	}
	return endpoint{"tcp", net.JoinHostPort(host, port)}, nil
}

func checkHostPort(host, port string, listen bool) error {
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil:
		return fmt.Errorf("%q is no port: write a number from 1 to 65535", port)
	case listen:
	case host == "":
		return fmt.Errorf("the host is missing: write tcp://host:%s", port)
	case host == "*":
		return fmt.Errorf("a node can't dial every host: write tcp://host:%s", port)
	case n == 0:
		return fmt.Errorf("a node can't dial any port: write a number from 1 to 65535")
	}
	if strings.ContainsAny(host, " ;/@*") {
		return fmt.Errorf("%q is no host", host)
	}
	return nil
}

// addressOf returns a socket's address as a user writes it.
func addressOf(a net.Addr) string {
	if a.Network() == "unix" {
		return "ipc://" + a.String()
	}
	return "tcp://" + a.String()
}

// hostOf is what Admit is told of where a peer is: its IP address, or nothing.
func hostOf(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().String()
	}
	return ""
}

// loopback says whether only this machine can reach a.
func loopback(a net.Addr) bool {
	ap, err := netip.ParseAddrPort(a.String())
	return err != nil || ap.Addr().Unmap().IsLoopback()
}

// listen binds e. The file of a Unix socket that nobody listens on any more,
// which a process that was killed leaves behind, is replaced.
func (e endpoint) listen() (net.Listener, error) {
	listener, err := net.Listen(e.network, e.address)
	if err == nil || e.network != "unix" {
		return listener, err
	}
	if !removeDeadSocket(e.address) {
		return nil, err
	}
	return net.Listen(e.network, e.address)
}

// dial connects to e.
func (e endpoint) dial(ctx context.Context) (stream, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, e.network, e.address)
	if err != nil {
		return nil, err
	}
	return conn.(stream), nil
}
