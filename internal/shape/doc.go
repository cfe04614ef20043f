// Package shape describes the types of methods' arguments and replies, for programs that
// have not got these types: what a node answers to [MethodName], and how types that
// encoding/gob can use are made from it.
//
// A [Listing] is a table of types that refer to each other by index, so that types that
// hold themselves are described too. Gob matches fields by their names and not the names of types, so
// a type made from a description is as good as the one that was described.
//
// # Files
//
//   - shape.go: the description, as it goes over the wire
//   - describe.go: from the types of a program to their description
//   - check.go: what a description of a peer's has to be, to be used
//   - recursive.go: which types hold themselves
//   - build.go: from a description to types
//   - number.go: numbers that JSON lacks
//   - text.go: a description as people read it
package shape
