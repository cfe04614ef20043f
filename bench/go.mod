// A module of its own, so that what ours is compared with never gets into the
// go.sum of a program that uses the library.
module github.com/bitmark-inc/bilateralrpc/bench

go 1.25.0

require (
	github.com/bitmark-inc/bilateralrpc v0.0.0
	github.com/nats-io/nats-server/v2 v2.12.0
	github.com/nats-io/nats.go v1.47.0
	github.com/pebbe/zmq4 v1.4.0
	go.nanomsg.org/mangos/v3 v3.4.2
	google.golang.org/grpc v1.79.0
	storj.io/drpc v0.0.34
)

require (
	github.com/antithesishq/antithesis-sdk-go v0.4.3-default-no-op // indirect
	github.com/benbjohnson/clock v1.3.5 // indirect
	github.com/google/go-tpm v0.9.5 // indirect
	github.com/klauspost/compress v1.18.0 // indirect
	github.com/minio/highwayhash v1.0.3 // indirect
	github.com/nats-io/jwt/v2 v2.8.0 // indirect
	github.com/nats-io/nkeys v0.4.11 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/zeebo/errs v1.2.2 // indirect
	golang.org/x/crypto v0.48.0 // indirect
	golang.org/x/net v0.49.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
	golang.org/x/text v0.34.0 // indirect
	golang.org/x/time v0.13.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20251202230838-ff82c1b0f217 // indirect
	google.golang.org/protobuf v1.36.10 // indirect
)

replace github.com/bitmark-inc/bilateralrpc => ../
