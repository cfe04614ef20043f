// Package mistakes has no code but tests: twelve mistakes that programs make which call each
// other, each in a small program that has it and, by a flag, has it mended. They say what
// package bilateraltest finds, and are short examples of its use. What it finds, and the
// fewest faults that show it, is in docs/TESTING-MISTAKES.md, which the test writes:
//
//	go test ./bilateraltest/mistakes -update
package mistakes
