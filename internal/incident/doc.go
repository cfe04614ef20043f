// Package incident puts recordings of several nodes together: it finds the frames that went
// from one to another, sets their clocks by these, and says which faults of the network and
// of the nodes the recordings imply, as a scenario of package sim.
//
// What is inferred is what nodes can see. A way that is cut while nobody uses it is found
// by the heartbeats that are missing, which go both ways, so that a cut of one direction
// looks like one of both. Of a node without a recording only what others saw of it is
// known. Clocks are taken to run equally fast: those of computers differ by some 50
// millionths, a fifth of a second in an hour.
//
// # Files
//
//   - life.go: a recording is played, and what matters is noted
//   - match.go: connections and frames as both ends saw them
//   - clock.go: one time for all
//   - node.go: what befell a node: a pause, a crash, a restart, a stop
//   - pair.go: what befell the way between two nodes
//   - episode.go: when that began and ended
//   - partition.go: ways that were cut together
//   - scenario.go: the scenario
//   - timeline.go: what happened, for people
//   - belief.go, picture.go: the same as a picture
package incident
