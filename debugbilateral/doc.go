// Package debugbilateral serves a page that shows a node at work: itself, its peers and
// their states, its counters, and the newest events with their reasons.
//
//	mux.Handle("/debug/bilateral/", http.StripPrefix("/debug/bilateral", debugbilateral.Handler(node)))
//
// There are four things below the place where it is mounted:
//
//   - / is the page. It needs nothing but itself, and is live where the browser runs scripts.
//   - /state is the same as JSON: a [State], whose field names are stable.
//   - /events are server-sent events, each of which has a State: one at once, and one
//     whenever it has changed, at most each second.
//   - /recording is a recording of the node, to download, if it has a bilateralrpc.Recorder.
//
// The page tells names, addresses and the texts of errors to everybody who can reach it. It has
// no authentication of its own: put it behind yours, or on a listener of 127.0.0.1. It only
// reads: no request changes anything at the node.
//
// # Files
//
//   - handler.go: the four things, and the headers that all answers have
//   - state.go: what is told, as JSON
//   - counters.go: the counters, by the names of bilateralrpc.Stats
//   - history.go: the newest events
//   - events.go: the stream that makes the page live
//   - view.go: the same in words, for people
//   - page.html, page.css, page.js: the page
package debugbilateral
