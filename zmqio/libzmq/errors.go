package libzmq

import "errors"

// ErrUnavailable is what making a node on libzmq answers in a program that was
// built without it. It says how to build one that has it.
var ErrUnavailable = errors.New("bilateralrpc: this program was built without libzmq: " +
	"install version 4.3 or later of it (Debian, Ubuntu: apt-get install gcc pkg-config libzmq3-dev; Fedora: dnf install gcc pkgconf zeromq-devel; " +
	"macOS: brew install pkg-config zeromq) and build with cgo and -tags libzmq, or leave Config.Transport at its default, which needs neither")
