// A module of its own: what only the developers of the library run.
module github.com/bitmark-inc/bilateralrpc/tools

go 1.25.0
