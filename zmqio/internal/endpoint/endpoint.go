// Package endpoint reads the addresses of the transports: it is the one place
// that says which form they have.
//
//	tcp://host:port     host is a name, an IPv4 address or an IPv6 address in
//	                    brackets; to listen on, also a network interface
//	ipc://path          a Unix socket; "@name" is an abstract one
//	inproc://name       a place in memory
//
// To listen on, the host may be "*" or missing, which is every interface, the port
// "*" or 0, which is any free one, and the name of a place "*", which is a free one.
//
// # Every interface
//
// Endpoint.Listen gives these hosts one meaning, whatever carries the messages:
//
//	tcp://*          every interface, by IPv4 and, where the machine has IPv6, by IPv6
//	tcp://0.0.0.0    every interface, by IPv4 only
//	tcp://[::]       every interface, by IPv6; an error where the machine has none.
//	                 IPv4 reaches it too, as IPv4-mapped addresses (::ffff:192.0.2.1),
//	                 where the system maps them: Linux, macOS, FreeBSD, Windows
//
// So the address that "*" is bound to, [::] or 0.0.0.0, means the same when it is
// listened on again. A system without mapped addresses binds "*" to 0.0.0.0.
//
// The name of a host is one address of it, IPv4 if it has one; that of a network
// interface too.
//
// # Files of Unix sockets
//
// Endpoint.Listen refuses a path at which there is anything but a Unix socket, and
// one where somebody listens. The file of a socket that refuses connections, which a
// process that was killed leaves behind, is replaced. The file is removed when its
// owner stops listening, but not one that another has bound to the path since.
package endpoint

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// The schemes.
const (
	TCP    = "tcp"
	IPC    = "ipc"
	Inproc = "inproc"
)

const (
	// PathBytesMax is what fits into a Unix socket address on every platform.
	PathBytesMax = 103
	// PlaceBytesMax bounds the name of a place in memory.
	PlaceBytesMax = 255
)

// Wildcard is a host that means every interface, or a place that means a free one.
const Wildcard = "*"

// Endpoint is an address that has been checked.
type Endpoint struct {
	Scheme string
	// Host, of tcp, has no brackets. Wildcard is every interface.
	Host string
	// Port, of tcp. 0 is any free one.
	Port uint16
	// Path, of ipc, is that of the socket; of inproc, the name of the place.
	Path string
}

// Use is what an address is for.
type Use uint8

// The uses. Wildcards are for listening only.
const (
	Dial Use = iota + 1
	Listen
)

// Parse checks address, which must have one of schemes. The error says what to
// write instead.
func Parse(address string, use Use, schemes ...string) (Endpoint, error) {
	e, err := parse(address, use, schemes)
	if err != nil {
		return Endpoint{}, fmt.Errorf("%q: %w", address, err)
	}
	return e, nil
}

func parse(address string, use Use, schemes []string) (Endpoint, error) {
	scheme, rest, _ := strings.Cut(address, "://")
	for _, s := range schemes {
		switch {
		case s != scheme:
		case s == TCP:
			return parseTCP(rest, use)
		case s == IPC:
			return parseIPC(rest)
		case s == Inproc:
			return parseInproc(rest, use)
		}
	}
	return Endpoint{}, fmt.Errorf("write %s", forms(schemes))
}

// forms lists what addresses of schemes look like.
func forms(schemes []string) string {
	form := map[string]string{TCP: "tcp://host:port", IPC: "ipc:///path", Inproc: "inproc://name"}
	var all []string
	for _, s := range schemes {
		all = append(all, form[s])
	}
	return strings.Join(all, " or ")
}

func parseIPC(path string) (Endpoint, error) {
	switch path {
	case Wildcard: // libzmq would invent a path, and a file of that name helps nobody
		return Endpoint{}, fmt.Errorf("ipc:// has no wildcard: write ipc:///path")
	case "@":
		return Endpoint{}, fmt.Errorf("the abstract name is missing: write ipc://@name")
	}
	if path == "" || len(path) > PathBytesMax || strings.Contains(path, "\x00") {
		return Endpoint{}, fmt.Errorf("write ipc:// and a path of 1 to %d bytes, none of them zero", PathBytesMax)
	}
	return Endpoint{Scheme: IPC, Path: path}, nil
}

func parseInproc(place string, use Use) (Endpoint, error) {
	switch {
	case place == "" || len(place) > PlaceBytesMax:
		return Endpoint{}, fmt.Errorf("write inproc://name with a name of 1 to %d bytes", PlaceBytesMax)
	case place == Wildcard && use == Dial:
		return Endpoint{}, fmt.Errorf("a node can't dial every place: write inproc://name")
	}
	return Endpoint{Scheme: Inproc, Path: place}, nil
}

func parseTCP(rest string, use Use) (Endpoint, error) {
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		return Endpoint{}, fmt.Errorf("write tcp://host:port, with an IPv6 host in brackets: %w", err)
	}
	e := Endpoint{Scheme: TCP, Host: host}
	if use == Listen && host == "" {
		e.Host = Wildcard
	}
	if err := checkHost(e.Host, use); err != nil {
		return Endpoint{}, err
	}
	if use == Listen && port == Wildcard {
		return e, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 && use == Dial {
		return Endpoint{}, fmt.Errorf("%q is no port: write a number from 1 to 65535", port)
	}
	e.Port = uint16(n)
	return e, nil
}

func checkHost(host string, use Use) error {
	switch {
	case host == "":
		return fmt.Errorf("the host is missing: write tcp://host:port")
	case host == Wildcard && use == Dial:
		return fmt.Errorf("a node can't dial every host: write tcp://host:port")
	case host == Wildcard:
		return nil
	case strings.Contains(host, ":"):
		if _, err := netip.ParseAddr(host); err != nil {
			return fmt.Errorf("%q is no IPv6 address", host)
		}
	}
	if strings.ContainsFunc(host, notInHost) {
		return fmt.Errorf("%q is no host", host)
	}
	return nil
}

// notInHost says whether r can't be part of a host: it means something in an
// address, or can't be seen.
func notInHost(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(";/@*", r) }

// String returns the address. Parsed again, to listen on, it is the same endpoint.
func (e Endpoint) String() string {
	if e.Scheme != TCP {
		return e.Scheme + "://" + e.Path
	}
	port := Wildcard
	if e.Port != 0 {
		port = strconv.Itoa(int(e.Port))
	}
	return TCP + "://" + net.JoinHostPort(e.Host, port)
}

// HostPort returns the host and the port of a tcp address as package net wants
// them: every interface is an empty host, any free port is 0.
func (e Endpoint) HostPort() string {
	host := e.Host
	if host == Wildcard {
		host = ""
	}
	return net.JoinHostPort(host, strconv.Itoa(int(e.Port)))
}

// IsIP says whether the host is an IP address, and which one.
func (e Endpoint) IsIP() (netip.Addr, bool) {
	ip, err := netip.ParseAddr(e.Host)
	return ip.Unmap(), err == nil
}

// Loopback says whether only this machine can reach the endpoint. A name may mean
// any address.
func (e Endpoint) Loopback() bool {
	ip, ok := e.IsIP()
	return e.Scheme != TCP || ok && ip.IsLoopback()
}
