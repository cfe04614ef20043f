// Package picture turns a run of a scenario into what a person looks at: lanes, frames,
// faults, calls, and what each node believes, step by step. It knows nothing of how that
// is drawn. A [Picture] is plain data, which goes to the page as JSON; an [Answer] is what
// the page gets when it has the run redone with less in it.
//
// # Files
//
//	picture.go          what a Picture is made of
//	draw.go, record.go  a Picture of a run; what is noted while it runs
//	believe.go          what nodes believe, where that changes
//	fault.go            faults as spans of time, with the nodes that they concern
//	line.go, answer.go  the lines of a scenario, which can be left out; running it again
package picture
