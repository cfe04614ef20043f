// Package faultproxy stands between diallers and one listener on TCP, and does what
// networks do: it loses whole messages, cuts, stalls, slows down. Usually there is one
// [Proxy] for each pair of a dialler and a listener, so that the connections of two
// nodes that dial each other are told apart by their proxies, and each direction of
// each by its [Direction].
//
// Faults that last are values that [Fault.End] ends. They may overlap: each ends only
// itself, and while one is in force it holds; of several limits the lowest does, delays
// add up. Faults concern all connections of a proxy, those that come later too.
//
// On plaintext links (Config.Plain) what passes is whole messages of ZMTP, also where a
// connection is cut, and [Rule] picks some of them. The dialler of a message is the
// routing id of its handshake, which nothing proves. Other links, and what is not ZMTP,
// pass as bytes as they come.
//
// What is decided by chance hangs on Config.Seed, the ordinal of the connection and the
// direction: the same connections with the same bytes are split at the same places and
// delayed by the same times. How the kernel cuts what is read, and when, no seed decides.
//
// Where a proxy differs from a network:
//
//   - A dialler is connected before its proxy has reached the listener. If it can't, the
//     connection is reset; only [Proxy.Refuse] refuses it as a listener that is not there would.
//   - What is on the way is what the proxy holds, about 256 KiB a direction. What
//     the kernel has taken is not lost by a cut that is no reset.
//
// # Files
//
//	proxy.go    Proxy, its listener and its connections
//	fault.go    Fault: what lasts until it is ended
//	rule.go     Rule, Message: what happens to which messages
//	link.go     a connection, its beginning and its end
//	flow.go     one direction of it
//	queue.go    what is on the way in it
package faultproxy
