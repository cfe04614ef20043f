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
	_, ok := e.IsIP()
	return e.Scheme == endpoint.TCP && !ok
}

// resolve returns e with each of its host's IP addresses in place of its name, IPv4
// first.
func resolve(ctx context.Context, e endpoint.Endpoint) ([]endpoint.Endpoint, error) {
	if !needsName(e) {
		return []endpoint.Endpoint{e}, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", e.Host)
	if err != nil {
		return nil, err
	}
	var v4, v6 []endpoint.Endpoint
	for _, ip := range found {
		ip = ip.Unmap()
		e.Host = ip.String()
		if ip.Is4() {
			v4 = append(v4, e)
		} else {
			v6 = append(v6, e)
		}
	}
	return append(v4, v6...), nil
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
