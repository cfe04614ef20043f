//go:build cgo && libzmq

package libzmq

import (
	"context"
	"net"
	"net/netip"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
)

// needsName says whether the host of e has to be looked up first. libzmq would do
// that on the thread that serves every connection of the node.
func needsName(e endpoint.Endpoint) bool {
	if e.Scheme != endpoint.TCP || e.Host == endpoint.Wildcard {
		return false
	}
	_, ok := e.IsIP()
	return !ok
}

// resolve returns e with its host as an IP address, IPv4 if there is one.
func resolve(ctx context.Context, e endpoint.Endpoint) (endpoint.Endpoint, error) {
	if !needsName(e) {
		return e, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", e.Host)
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
	e.Host = best.String()
	return e, nil
}

// hostOf is what Admit is told of where a peer is, of what libzmq says of that. A
// socket of both families sees IPv4 addresses as mapped ones.
func hostOf(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	return ip.Unmap().String()
}

// isIPv6 says whether a socket needs ZMQ_IPV6 for e.
func isIPv6(e endpoint.Endpoint) bool { return strings.Contains(e.Host, ":") }
