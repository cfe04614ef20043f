package endpoint

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// lookupTimeout bounds how long Listen looks up a name.
const lookupTimeout = 5 * time.Second

// Listener is a bound socket of tcp or ipc.
type Listener struct {
	net.Listener
	// File is that of the socket; nil if it has none.
	File *SocketFile
}

// Listen binds e, of tcp or ipc, by the rules of the package's doc. It may block
// while a name is looked up.
func (e Endpoint) Listen() (*Listener, error) {
	if e.Scheme == IPC {
		return listenUnix(e.Path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	e.Host = interfaceHost(e.Host)
	var config net.ListenConfig
	config.SetMultipathTCP(false) // libzmq knows TCP only
	l, err := config.Listen(ctx, e.listenNetwork(), e.HostPort())
	if err != nil {
		return nil, err
	}
	return &Listener{Listener: l}, nil
}

// listenNetwork returns the network to bind e on. Package net takes 0.0.0.0 for
// every interface of either family, unless it is told which one.
func (e Endpoint) listenNetwork() string {
	if ip, ok := e.IsIP(); ok && ip.Is4() {
		return "tcp4"
	}
	return "tcp"
}

// interfaceHost returns the address of the network interface called host, IPv4 if
// it has one, or host if there is none.
func interfaceHost(host string) string {
	i, err := net.InterfaceByName(host)
	if err != nil {
		return host
	}
	addresses, _ := i.Addrs() // without any, the name is looked up, and not found
	best := host
	for _, a := range addresses {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		ip := prefix.Addr()
		if ip.Is4() {
			return ip.String()
		}
		if best != host {
			continue
		}
		if ip.IsLinkLocalUnicast() {
			ip = ip.WithZone(i.Name)
		}
		best = ip.String()
	}
	return best
}

// Address returns the address bound, which can be dialled.
func (l *Listener) Address() string {
	a := l.Addr()
	if a.Network() == "unix" {
		return IPC + "://" + a.String()
	}
	return TCP + "://" + a.String()
}

// Close removes the socket's file, if it is still there, and stops listening.
func (l *Listener) Close() error {
	l.File.Remove()
	return l.Listener.Close()
}
