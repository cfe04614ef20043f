// Package acceptance holds the suites that a node has to pass whatever it is made
// of, over every transport that is built in: the frames of the original package
// and old peers that speak them, calls and connections as a program sees them,
// cables that break, dialling and calling against reference models, and the
// benchmarks of calls.
//
// No suite depends on the speed of the machine. A test waits for events with
// patience, and never concludes anything from the time that passed on the clock
// on the wall. Where time itself is the rule, it is the time of a bubble of
// testing/synctest or, on sockets, that of a mock clock, which moves only when
// the test says so.
package acceptance
