// A module of its own: what only the developers of the library run.
module github.com/bitmark-inc/bilateralrpc/tools

go 1.25.0

require (
	github.com/AdaLogics/go-fuzz-headers v0.0.0-20230811130428-ced1acdcaa24
	github.com/tetratelabs/wazero v1.11.0
	go.yaml.in/yaml/v3 v3.0.6
)

require golang.org/x/sys v0.38.0 // indirect
