// Command chaos puts faults between live nodes, thousands of them, with calls running all
// the while, and says how long it took until calls were served again. make chaos runs it,
// its test runs a short campaign, and docs/CHAOS.md says how to read the tables.
//
// Nodes are processes of this program, and stand in rigs of two to four: a hub that others
// dial, a mesh, a pair that dials both ways. Each connection goes through a proxy of its own
// (internal/faultproxy). A rig has one fault after the other, each followed by a
// wait until both ends of all links concerned call each other with success; rigs run beside each other.
// What a rig meets hangs on the seed and on its number.
//
// What is checked, whatever the time it takes:
//
//   - a reply is that of the call, of the peer that was asked, and there is one at most;
//   - a call is back by its timeout, measured against timers of the same process;
//   - no request has run twice, by the callee's word in a file that outlives it;
//   - calls are served again within a bound that only a node that is stuck misses;
//   - a node that is closed leaves no goroutine, descriptor or pending call.
//
// With -soak it loads one node for a long time instead, and watches its memory.
//
// # Files
//
//	main.go     the command line
//	rig.go      nodes, links and proxies that belong together
//	fault.go    the faults, and what they hit
//	member.go   a node of a rig, as the runner sees it
//	node.go     the process of a node: what it serves
//	caller.go   how it calls, and what it checks
//	late.go     how late the machine is
//	report.go   what a process says to the runner
//	ledger.go   which requests have run
//	table.go    the tables
//	soak.go, histogram.go   load for a long time
package main
