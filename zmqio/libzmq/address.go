//go:build cgo && libzmq

package libzmq

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

// endpoint is a checked address. For ipc only path is set.
type endpoint struct {
	host string // without brackets; "*" is every interface
	port string // digits, or "*"
	path string
}

// parseAddress checks the form of an address to dial, or to listen on: only
// there the host and the port may be wildcards.
func parseAddress(address string, listen bool) (endpoint, error) {
	if path, ok := strings.CutPrefix(address, "ipc://"); ok {
		if path == "" || len(path) > ipcPathBytesMax {
			return endpoint{}, fmt.Errorf("libzmq: address %q: the path must have 1 to %d bytes", address, ipcPathBytesMax)
		}
		return endpoint{path: path}, nil
	}
	rest, ok := strings.CutPrefix(address, "tcp://")
	if !ok {
		return endpoint{}, fmt.Errorf("libzmq: address %q: write tcp://host:port or ipc:///path", address)
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		return endpoint{}, fmt.Errorf("libzmq: address %q: write tcp://host:port, with an IPv6 host in brackets: %w", address, err)
	}
	e := endpoint{host: host, port: port}
	if listen && host == "" {
		e.host = "*"
	}
	if listen && port == "0" {
		e.port = "*"
	}
	if err := e.check(listen); err != nil {
		return endpoint{}, fmt.Errorf("libzmq: address %q: %w", address, err)
	}
	return e, nil
}

func (e endpoint) check(listen bool) error {
	switch {
	case e.host == "":
		return fmt.Errorf("the host is missing: write tcp://host:%s", e.port)
	case e.host == "*" && !listen:
		return fmt.Errorf("a node can't dial every host: write tcp://host:%s", e.port)
	case strings.ContainsAny(e.host, " ;/@"):
		return fmt.Errorf("%q is no host", e.host)
	case e.port == "*" && listen:
		return nil
	}
	if n, err := strconv.ParseUint(e.port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q is no port: write a number from 1 to 65535", e.port)
	}
	return nil
}

// needsName says whether the host has to be looked up first. libzmq would do
// that on the thread that serves every connection of the node.
func (e endpoint) needsName() bool {
	if e.path != "" || e.host == "*" {
		return false
	}
	_, err := netip.ParseAddr(e.host)
	return err != nil
}

// resolve returns e with its host as an IP address, IPv4 if there is one.
func (e endpoint) resolve(ctx context.Context) (endpoint, error) {
	if !e.needsName() {
		return e, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", e.host)
	if err != nil {
		return e, err
	}
	best := found[0].Unmap() // a lookup without an error has an answer
	for _, a := range found {
		if a = a.Unmap(); a.Is4() {
			best = a
			break
		}
	}
	e.host = best.String()
	return e, nil
}

// ipv6 says whether a socket needs ZMQ_IPV6 for this endpoint.
func (e endpoint) ipv6() bool { return strings.Contains(e.host, ":") }

// loopback says whether only this machine can reach the endpoint.
func (e endpoint) loopback() bool {
	a, err := netip.ParseAddr(e.host)
	return e.path != "" || err == nil && a.Unmap().IsLoopback()
}

// String returns the endpoint as libzmq wants it.
func (e endpoint) String() string {
	if e.path != "" {
		return "ipc://" + e.path
	}
	return "tcp://" + net.JoinHostPort(e.host, e.port)
}
