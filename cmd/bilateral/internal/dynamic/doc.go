// Package dynamic makes arguments from JSON, and JSON from replies, by the description of
// their types that a node has given: see package shape.
package dynamic
