// A module of its own: what only the developers of the library run.
module github.com/bitmark-inc/bilateralrpc/tools

go 1.25.0

require github.com/tetratelabs/wazero v1.11.0

require golang.org/x/sys v0.38.0 // indirect
