// Package prombilateral has Prometheus see a node: its counters, and how long its calls and
// its handlers take, by method. It is a module of its own.
//
//	latency := prombilateral.NewLatency(prombilateral.Config{})
//	node, err := bilateralrpc.New(bilateralrpc.Config{
//		Network: "example", Name: "server",
//		CallInterceptors:  []bilateralrpc.CallInterceptor{latency.Call},
//		ServeInterceptors: []bilateralrpc.ServeInterceptor{latency.Serve},
//	})
//	...
//	prometheus.MustRegister(latency, prombilateral.NewCollector(node))
//
// Either half works without the other. A node without the interceptors pays nothing for
// them; a [Collector] costs what one Stats does, and only when it is scraped.
//
// # The counters
//
// A [Collector] has every field of bilateralrpc.Stats. docs/GUIDE.md says what to do when
// one rises.
//
//	bilateral_calls_total               calls begun
//	bilateral_casts_total
//	bilateral_outcomes_total            by outcome: how calls ended, once for each peer
//	bilateral_resends_total             requests sent again over a new connection
//	bilateral_replies_lost_total        replies that no connection took to the caller
//	bilateral_sends_refused_total       messages that a transport did not take
//	bilateral_dials_total
//	bilateral_frames_total              by direction (in, out) and command
//	bilateral_frames_with_head_total    by direction: those of them with metadata or a deadline
//	bilateral_drops_total               by reason: what peers sent and was ignored
//	bilateral_refusals_total            by reason: what this program asked for and was refused
//	bilateral_malformed_total           messages that were not a command and a payload
//	bilateral_turned_away_total         connections and messages without an admitted name
//	bilateral_links_refused_total       accepted connections beyond the limits
//	bilateral_memory_refused_total      how often a peer was refused more memory
//	bilateral_peers, bilateral_active_peers, bilateral_links_accepted
//	bilateral_calls_pending, bilateral_serving, bilateral_timers, bilateral_workers
//	bilateral_held_bytes                memory held because of peers
//
// # The latencies
//
//	bilateral_call_duration_seconds     from a call to what became of it, once for each peer
//	bilateral_serve_duration_seconds    of a handler, with the coding of arguments and reply
//
// Their labels are the method, and the result: "ok", or what bilateralrpc.ErrorKind says. A
// call that was not made at all counts once, with the result why. Casts have no latency at
// the caller, and peers that a First or a Quorum did not wait for have none either.
//
// # How many series
//
// Nobody can make up labels. A method that this node does not serve is "_OTHER", and so is
// every method of its own calls beyond Config.MethodsMax. The results are a fixed set of about
// thirty. Names of peers are no label: they are as many as there are peers, and keys besides.
// Config.Peer makes a label of what is few, such as the site of a peer.
//
// # Several nodes
//
// A process with more than one node tells them apart by a label:
//
//	prometheus.WrapRegistererWith(prometheus.Labels{"node": "a"}, prometheus.DefaultRegisterer).
//		MustRegister(latencyOfA, prombilateral.NewCollector(a))
//
// # Files
//
//   - collector.go: the counters
//   - latency.go: the histograms, and the interceptors that fill them
package prombilateral
