package endpoint

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// all are the schemes that these tests allow.
var all = []string{TCP, IPC, Inproc}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address string
		use     Use
		want    string // the endpoint, or a part of the error after "error: "
	}{
		{"tcp://127.0.0.1:5", Dial, "tcp://127.0.0.1:5"},
		{"tcp://127.0.0.1:1234", Dial, "tcp://127.0.0.1:1234"},
		{"tcp://example.com:80", Dial, "tcp://example.com:80"},
		{"tcp://[::1]:65535", Dial, "tcp://[::1]:65535"},
		{"tcp://[fe80::1%eth0]:5", Dial, "tcp://[fe80::1%eth0]:5"},
		{"tcp://127.0.0.1:0080", Dial, "tcp://127.0.0.1:80"},
		{"ipc:///tmp/x", Dial, "ipc:///tmp/x"},
		{"ipc://@abstract", Dial, "ipc://@abstract"},
		{"ipc://" + strings.Repeat("x", PathBytesMax), Dial, "ipc://" + strings.Repeat("x", PathBytesMax)},
		{"inproc://x", Dial, "inproc://x"},

		{"tcp://*:1234", Listen, "tcp://*:1234"},
		{"tcp://:0", Listen, "tcp://*:*"},
		{"tcp://*:*", Listen, "tcp://*:*"},
		{"tcp://eth0:5", Listen, "tcp://eth0:5"},
		{"tcp://0.0.0.0:5", Listen, "tcp://0.0.0.0:5"},
		{"tcp://[::]:5", Listen, "tcp://[::]:5"},
		{"tcp://127.0.0.1:*", Listen, "tcp://127.0.0.1:*"},
		{"tcp://127.0.0.1:0", Listen, "tcp://127.0.0.1:*"},
		{"inproc://*", Listen, "inproc://*"},

		{"", Dial, "error: write tcp://host:port or ipc:///path or inproc://name"},
		{"h:1", Dial, "error: write tcp://host:port"},
		{"127.0.0.1:1234", Dial, "error: write tcp://host:port"},
		{"udp://127.0.0.1:1234", Dial, "error: write tcp://host:port"},
		{"TCP://127.0.0.1:1234", Dial, "error: write tcp://host:port"},
		{"tcp://", Dial, "error: missing port"},
		{"tcp://nonsense", Listen, "error: missing port"},
		{"tcp://127.0.0.1", Dial, "error: missing port"},
		{"tcp://::1:5", Dial, "error: IPv6 host in brackets"},
		{"tcp://[::1:5", Dial, "error: write tcp://host:port"},
		{"tcp://[a:b]:5", Dial, "error: is no IPv6 address"},
		{"tcp://127.0.0.1:0", Dial, "error: 1 to 65535"},
		{"tcp://127.0.0.1:*", Dial, "error: 1 to 65535"},
		{"tcp://127.0.0.1:", Dial, "error: 1 to 65535"},
		{"tcp://127.0.0.1:-1", Listen, "error: 1 to 65535"},
		{"tcp://127.0.0.1:65536", Listen, "error: 1 to 65535"},
		{"tcp://127.0.0.1:http", Dial, "error: 1 to 65535"},
		{"tcp://*:1234", Dial, "error: can't dial every host"},
		{"tcp://:1234", Dial, "error: host is missing"},
		{"tcp://a;b:1234", Dial, "error: is no host"},
		{"tcp://a b:1", Dial, "error: is no host"},
		{"tcp://a\x00b:1", Listen, "error: is no host"},
		{"tcp://a*:1", Listen, "error: is no host"},
		{"tcp://h/x:1", Listen, "error: is no host"},
		{"ipc://", Dial, "error: 1 to 103 bytes"},
		{"ipc://*", Listen, "error: has no wildcard"},
		{"ipc://*", Dial, "error: has no wildcard"},
		{"ipc://@", Listen, "error: name is missing"},
		{"ipc://a\x00b", Dial, "error: none of them zero"},
		{"ipc://" + strings.Repeat("x", PathBytesMax+1), Listen, "error: 1 to 103 bytes"},
		{"inproc://", Listen, "error: 1 to 255 bytes"},
		{"inproc://*", Dial, "error: can't dial every place"},
		{"inproc://" + strings.Repeat("x", PlaceBytesMax+1), Dial, "error: 1 to 255 bytes"},
	} {
		e, err := Parse(c.address, c.use, all...)
		want, isError := strings.CutPrefix(c.want, "error: ")
		if isError && (err == nil || !strings.Contains(err.Error(), want)) || !isError && (err != nil || e.String() != want) {
			t.Errorf("%q (use %d): %q, %v; want %q", c.address, c.use, e, err, c.want)
		}
	}
}

// A transport refuses what another one carries, and says what it carries itself.
func TestParseRefusesOtherSchemes(t *testing.T) {
	t.Parallel()
	if _, err := Parse("inproc://x", Dial, TCP, IPC); err == nil || !strings.HasSuffix(err.Error(), "write tcp://host:port or ipc:///path") {
		t.Errorf("a place in memory passes for a socket: %v", err)
	}
	if _, err := Parse("tcp://h:1", Dial, Inproc); err == nil || !strings.HasSuffix(err.Error(), "write inproc://name") {
		t.Errorf("a socket passes for a place in memory: %v", err)
	}
}

func TestHostPort(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"tcp://*:*": ":0", "tcp://:5": ":5", "tcp://0.0.0.0:5": "0.0.0.0:5", "tcp://[::]:*": "[::]:0", "tcp://eth0:1": "eth0:1",
	} {
		e, err := Parse(address, Listen, TCP)
		if got := e.HostPort(); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", address, got, err, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"tcp://127.0.0.1:5555": true, "tcp://127.9.9.9:1": true, "tcp://[::1]:5555": true, "tcp://[::ffff:127.0.0.1]:1": true,
		"ipc:///tmp/socket": true, "inproc://here": true,
		"tcp://0.0.0.0:5555": false, "tcp://*:5555": false, "tcp://192.0.2.1:5555": false, "tcp://[::]:5555": false,
		"tcp://eth0:5555": false, "tcp://localhost:1": false,
	} {
		e, err := Parse(address, Listen, all...)
		if got := e.Loopback(); err != nil || got != want {
			t.Errorf("%q: %t, %v, want %t", address, got, err, want)
		}
	}
}

// Nothing panics; the address that an endpoint prints is that endpoint's; what can be
// dialled can be listened on; and every part is what package net makes of the address.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"tcp://127.0.0.1:5", "tcp://[::1]:*", "tcp://[fe80::1%25eth0]:5", "tcp://*:0", "tcp://:1", "ipc:///tmp/x",
		"ipc://@x", "inproc://*", "tcp://[*]:007", "tcp://a%b:1", "tcp://[::ffff:1.2.3.4]:9", "tcp://[::]:65536", "tcp://ä:1",
		"ipc://" + strings.Repeat("x", PathBytesMax+1), "inproc://" + strings.Repeat("x", PlaceBytesMax), "tcp://a;b:1", "udp://a:1", "://",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		dialled, refusal := Parse(address, Dial, all...)
		for _, use := range []Use{Dial, Listen} {
			e, err := Parse(address, use, all...)
			if err != nil {
				if !strings.HasPrefix(err.Error(), strconv.Quote(address)) || e != (Endpoint{}) || use == Listen && refusal == nil {
					t.Fatalf("%q, use %d: %+v, %v", address, use, e, err)
				}
				continue
			}
			again, err := Parse(e.String(), use, all...)
			if err != nil || again != e || use == Listen && refusal == nil && e != dialled {
				t.Fatalf("%q is %+v; its String %q is %+v, %v; to dial %+v, %v", address, e, e.String(), again, err, dialled, refusal)
			}
			if _, err := Parse(address, use, e.Scheme); err != nil {
				t.Fatalf("%q is no address where %s is all there is: %v", address, e.Scheme, err)
			}
			checkParts(t, address, e, use)
		}
	})
}

// checkParts holds an endpoint against what others read in its address.
func checkParts(t *testing.T, address string, e Endpoint, use Use) {
	t.Helper()
	rest := strings.TrimPrefix(address, e.Scheme+"://")
	if e.Scheme != TCP {
		if e.Path != rest || e.Host != "" || e.Port != 0 || !e.Loopback() {
			t.Fatalf("%q is %+v", address, e)
		}
		return
	}
	host, port, err := net.SplitHostPort(rest)
	n, _ := strconv.ParseUint(port, 10, 16)
	if err != nil || e.Path != "" || uint64(e.Port) != n || e.Host != host && (host != "" || e.Host != Wildcard) {
		t.Fatalf("%q is %+v; package net reads %q and %q, %v", address, e, host, port, err)
	}
	if use == Dial && (e.Port == 0 || e.Host == Wildcard || e.Host == "") {
		t.Fatalf("%q leads nowhere, and can be dialled", address)
	}
	ip, is := e.IsIP()
	bound, err := netip.ParseAddr(host)
	if is != (err == nil) || is && (ip != bound.Unmap() || e.Loopback() != ip.IsLoopback()) {
		t.Fatalf("%q is %v %v, loopback %v", address, ip, is, e.Loopback())
	}
	if host, _, err := net.SplitHostPort(e.HostPort()); err != nil || host != strings.TrimPrefix(e.Host, Wildcard) {
		t.Fatalf("%q is %q to package net: %v", address, e.HostPort(), err)
	}
}
