// Package otelbilateral has OpenTelemetry see the calls and the handlers of a node: traces
// that go from node to node, and how long things take. It is a module of its own.
//
//	telemetry := otelbilateral.New(otelbilateral.Config{}) // with the global providers
//	node, err := bilateralrpc.New(bilateralrpc.Config{
//		Network: "example", Name: "server",
//		CallInterceptors:  []bilateralrpc.CallInterceptor{telemetry.Call},
//		ServeInterceptors: []bilateralrpc.ServeInterceptor{telemetry.Serve},
//	})
//
// Give the contexts of handlers to the calls that they make, and a trace goes on. A node
// without the interceptors pays nothing for them. Where a program sets no providers, nothing
// is recorded, and the trace of a caller is passed on all the same.
//
// Names and attributes are those of OpenTelemetry's conventions for RPC, in the version that
// [SchemaURL] says: the present ones, with rpc.client.call.duration in seconds, and without
// rpc.service, rpc.system and rpc.client.duration.
//
// # Spans
//
//   - Of a call: kind client, named by the method. It ends when the call is over at all
//     peers; the body of a range over an Each runs inside it.
//   - Of each peer of a multicast: kind internal, a child of the call's, from the beginning of
//     the call until the peer's outcome was known. A call of one peer has none, as its own
//     span says it all. A peer of a list that was not waited for, since a First or a Quorum
//     had what it wants, has bilateralrpc.given_up.
//   - Of a handler: kind server, a child of the call's, at the other node.
//
// What a call carries is one for all of its peers. So the spans of handlers are siblings of
// the spans of the peers, and not their children.
//
//	Station.Temperature             client
//	├── Station.Temperature         internal  server.address=north
//	├── Station.Temperature         internal  server.address=west   error.type=no-reply
//	├── Station.Temperature         server    at north
//	└── Station.Temperature         server    at west
//
// A call is an error if it was not made or was given up, or if no peer has replied without
// one: a multicast that one peer of three has failed is none, and the span of that peer is.
//
// Attributes:
//
//	rpc.system.name         "bilateralrpc"
//	rpc.method              such as Arith.SumDiff; "_OTHER" for one that a node does not serve
//	rpc.method_original     that one, as the peer has written it
//	server.address          the name of the called peer: its key, if it has one
//	error.type              what bilateralrpc.ErrorKind says, such as no-reply, not-connected or
//	                        panicked; the code of a bilateralrpc.Error; "_OTHER" for others
//	bilateralrpc.peer       of a handler's span: the name of the caller
//	bilateralrpc.cast       the caller expects nothing back
//	bilateralrpc.replies    of a call's span: peers that have replied without an error,
//	bilateralrpc.failures   and peers that have not
//	bilateralrpc.given_up   of a peer's span: it was not waited for
//
// Texts are cut at 256 bytes, and bytes that are not UTF-8 replaced, as one name of a peer
// could else spoil a whole batch.
//
// # Metrics
//
//	rpc.client.call.duration    s, from a call to what became of it, once for each peer
//	rpc.server.call.duration    s, of a handler, with the coding of arguments and reply
//
// by rpc.system.name, rpc.method and error.type. A call that was not made counts once. Casts
// count at the handler only, and peers that were not waited for do not count.
//
// Nobody can make up attributes: a method that the node does not serve is "_OTHER", and so is
// every one of its own calls beyond 200, and every code of an error beyond 50. Names of peers
// are left out unless Config.PeersInMetrics wants them.
//
// # Context
//
// The context goes as W3C Trace Context, in the metadata traceparent and tracestate.
// Config.Propagator takes others. It goes to peers that are known to be of this implementation,
// which the end that was dialled learns a moment after they meet; what has no room in the
// metadata is left out, and the call is made. A peer can claim any trace, and have it sampled
// where the sampler asks the parent: use another sampler where strangers may call.
//
// # Files
//
//   - telemetry.go: what is made once
//   - call.go: the spans of calls and of their peers
//   - serve.go: the spans of handlers
//   - carrier.go: contexts as metadata
package otelbilateral
