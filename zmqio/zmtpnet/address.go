package zmtpnet

import (
	"context"
	"net"
	"net/netip"

	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
)

// network returns e as package net wants it.
func network(e endpoint.Endpoint) (network, address string) {
	if e.Scheme == endpoint.IPC {
		return "unix", e.Path
	}
	return "tcp", e.HostPort()
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

// dial connects to e.
func dial(ctx context.Context, e endpoint.Endpoint) (stream, error) {
	var dialer net.Dialer
	network, address := network(e)
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return conn.(stream), nil
}
