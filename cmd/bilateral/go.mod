// A module of its own, so that what a command line needs never gets into the
// go.sum of a program that uses the library.
module github.com/bitmark-inc/bilateralrpc/cmd/bilateral

go 1.25.0

require (
	github.com/bitmark-inc/bilateralrpc v0.0.0
	github.com/spf13/cobra v1.10.2
	golang.org/x/term v0.40.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/benbjohnson/clock v1.3.5 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	golang.org/x/crypto v0.48.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
)

replace github.com/bitmark-inc/bilateralrpc => ../../
