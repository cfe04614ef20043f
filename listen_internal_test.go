package bilateralrpc

import "testing"

// ListenOn warns of plaintext where other machines can connect.
func TestWhichAddressesArePrivate(t *testing.T) {
	for address, want := range map[string]bool{
		"tcp://127.0.0.1:5555": true,
		"tcp://127.9.9.9:1":    true,
		"tcp://[::1]:5555":     true,
		"ipc:///tmp/socket":    true,
		"inproc://here":        true,
		"tcp://0.0.0.0:5555":   false,
		"tcp://*:5555":         false,
		"tcp://192.0.2.1:5555": false,
		"tcp://[::]:5555":      false,
		"tcp://eth0:5555":      false,
	} {
		if got := private(address); got != want {
			t.Errorf("private(%q) = %t, want %t", address, got, want)
		}
	}
}
