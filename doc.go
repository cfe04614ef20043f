// Package bilateralrpc lets named nodes call each other over ZeroMQ. A connection is made
// once, by either end, and then both ends may call. A call is a multicast by default: it
// goes to every connected peer, or to a list, and collects the replies that arrive within
// a timeout.
//
// The API and the wire are those of the package of the same import path that this one
// replaces: its programs compile unchanged, and its nodes can't tell the difference.
//
// docs/GUIDE.md leads from the first call to production, by programs to copy, and
// docs/TESTING.md to the first bug that a hostile world finds in a program of one's own.
// Here are the rules: first what everybody needs, then what a program needs before it goes
// into production.
//
// # A node
//
// A node that serves needs a receiver and an address:
//
//	type Arith struct{}
//
//	type Args struct{ A, B int }
//	type Reply struct{ Sum, Diff int }
//
//	func (*Arith) SumDiff(args Args, reply *Reply) error {
//		reply.Sum, reply.Diff = args.A+args.B, args.A-args.B
//		return nil
//	}
//
//	publicKey, privateKey, err := bilateralrpc.NewKeypair()
//	...
//	server, err := bilateralrpc.New(bilateralrpc.Config{
//		Network: "example", PublicKey: publicKey, PrivateKey: privateKey,
//	})
//	...
//	defer server.Close()
//	err = server.Register(&Arith{})
//	...
//	err = server.ListenOn("tcp://*:5555")
//
// Another one connects to it by its name, which is its public key, and calls:
//
//	err = client.ConnectTo(serverPublicKey, "tcp://server.example:5555")
//	...
//	var results []struct {
//		From  string // the peer
//		Reply Reply
//		Err   error // may be left out
//	}
//	err = client.Call(bilateralrpc.SendToAll, "Arith.SumDiff", Args{7, 3}, &results)
//
// From here on the two are equals: the server may call what the client has registered.
// ConnectTo returns at once and keeps the connection for good: it is made again whenever
// it is lost.
//
// # Methods with types
//
// A [Method] is the same with types, shared by both ends:
//
//	var SumDiff = bilateralrpc.NewMethod[Args, Reply]("Arith.SumDiff")
//
//	err = SumDiff.Handle(server, func(ctx context.Context, args Args) (Reply, error) { ... })
//
//	reply, err := SumDiff.One(ctx, client, "bob", args)
//	for r := range SumDiff.Each(ctx, client, bilateralrpc.SendToAll, args) { // as they come
//		use(r.From, r.Value, r.Err)
//	}
//	all, err := SumDiff.All(ctx, client, peers, args)
//	r, err := SumDiff.First(ctx, client, peers, args)       // the first without an error
//	rs, err := SumDiff.Quorum(ctx, client, peers, 3, args)  // three without, or a QuorumError
//	err = SumDiff.Cast(ctx, client, peers, args)
//
// It calls what a receiver serves, and serves what Call calls; old peers take part. The
// context of a handler ends when nobody waits for its reply any more, and tells who
// calls: PeerOf, MethodOf, MetadataOf. A call that is left early, or has what it wants,
// is given up at the peers that have not answered.
//
// # Arguments and replies
//
// They travel as encoding/gob, so exported fields are matched by name, unknown ones are
// ignored, and missing ones are zero. Let the arguments be structs: the original crashes
// on others. What a value will occupy is added up before it is decoded, and bounded by
// Limits.ValueBytesMax.
//
// # Errors
//
// What became of a call at a peer is told by errors.Is: that it was not sent
// (ErrNotConnected, ErrWouldBlock, ErrUnroutable), that nothing came back (ErrNoReply,
// ErrRestarted, ErrDisconnected), or that the peer had an error in place of a reply. The
// last is a RemoteError with the peer's own text, of which errors.Is knows the kind
// (ErrNoMethod, ErrPanicked, ErrOverloaded and others), or an Error, with a code of the
// handler's own.
//
// # What a call promises
//
// Call returns by its timeout, whatever happens to the network or the peers, and at once
// when every peer has answered. Each peer that answered has a row: with its reply, or
// with Err if its handler failed or could not be run. Peers that did not answer in time
// have none, and that is no error. CallContext says in addition what became of the call
// at each addressed peer.
//
// A request is run at most once by a peer. It is sent again only where that peer is known
// to refuse the second one, after a connection was lost and came back within the timeout,
// or if the call is Idempotent. If a peer restarts meanwhile, its outcome is
// ErrRestarted, because it may have run the request before. No reply within the timeout
// means just that: the method may have run.
//
// A Cast is sent at most once; nothing reports whether it arrived.
//
// There is no order: handlers run concurrently, those of one peer and of one caller too.
// To run a second request after the first, wait for the first one's reply.
//
// # Peers that come and go
//
// WaitFor waits for peers by their names, and WaitPeers for a number of them; their
// errors, Peers and the log say why one does not come about. Watch tells of peers as they
// come and go.
//
// A peer that can't be reached is dialled less and less often, after a day of outage once
// in 2 hours and 8 minutes (RETRY_TIME << MAXIMUM_BACKOFF). Redial dials at once.
//
// # Names and keys
//
// With keys (CURVE, by X25519) everything is encrypted, the other end proves that it has
// the private key of its name, and Config.AllowedKeys says who may connect. A node may
// connect to any key, but a peer whose key a SetAllowedKeys leaves out is neither served
// nor called from then on, whichever end has connected.
//
// A method that wants to know who called has a string field Bilateral_SENDER in its
// arguments; it is set to the caller's name, whatever the caller wrote there.
//
// LoadOrCreateKeypair keeps a node's keys in a file that nobody else can read, and
// Config.AllowedKeysFile has those of its peers, with what people call them: log lines
// and errors then show these aliases. ReloadAllowedKeys reads it again.
//
// In plaintext nothing is proven: anybody who can reach a node may claim any name, also
// one that is connected already, and read all. Use it on one machine or in a network you
// trust. Nodes with keys and nodes without never connect.
//
// Peers of another network (Config.Network) are refused. That keeps networks apart by
// mistake, not by malice: the name of a network is no secret.
//
// # Metadata and interceptors
//
// WithMetadata adds small pairs of strings to the calls under a context, such as those of
// a W3C trace. They go to peers that are known as ours (PeerStatus.Ours), which the end
// that was connected to learns a moment after the peer is active; and with a handler's
// own calls only where ForwardMetadata says so. Config.CallInterceptors are around every
// call and cast, and Config.ServeInterceptors around every handler, for what concerns all
// of them: logs, traces, limits, who may call what.
//
// # Limits
//
// Everything is bounded; Config.Limits sets the bounds, and docs/LIMITS.md is the table
// of all, with what happens at each. A node serves 1,024 requests at a time, 256 of one
// peer, and answers others with "overloaded". A peer that asks for more than it reads
// hears "overloaded: the handler has run" for replies beyond its share of memory. An
// argument or reply has at most 4 MiB. A message for which a slow peer's queue has no
// room is refused, as ErrWouldBlock in that peer's outcome; others are not held up by it.
//
// Accepted connections are bounded for the node, for an address and for a name, and so
// are the log lines that peers can cause. Many nodes of one machine share its address,
// and with it half of Limits.LinksMax.
//
// A handler can't be interrupted, but is told by its context that its caller has given
// up. On libzmq, messages of endless parts can grow a process (see zmqio/libzmq).
//
// # Leaving
//
// Close takes leave of every peer, so that they notice at once. It waits for running
// handlers no longer than LINGER_TIME; Shutdown waits for them as long as its context
// allows, and their replies are sent. Meanwhile new requests are turned away, and the
// handlers' own calls go on.
//
// # Looking inside
//
// Stats counts what has happened since the node was made, and Peers tells what is known
// of each peer: its state, since when it is active, its calls in flight, its last error.
// Config.Logger gets a line for each peer that comes or goes and each connection that is
// turned away. docs/GUIDE.md says which numbers to watch, and what to do when one rises.
// The modules prombilateral and otelbilateral bring them, latencies and traces to
// Prometheus and to OpenTelemetry.
//
// With Config.ListMethods a node tells which methods it serves. The command bilateral
// (docs/COMMAND.md) can then call them with JSON.
//
// # Transports
//
// Config.Transport is what carries a node's messages. Without one it is ZMTP, for tcp://
// and ipc:// addresses, written in Go. libzmq.Transport, of package zmqio/libzmq, does
// the same over the C library in programs built with the tag libzmq; nodes on either
// connect to each other. A program may bring a transport of its own. Beside any of them,
// nodes of one process can use inproc:// addresses, which need nothing, also in tests
// with testing/synctest, where Config.Clock may be a mock.
package bilateralrpc
