// Package golden reads the golden records, frames that the original package sent
// and what it made of the answers, and has the types and services of the programs
// that sent them. It is for tests.
package golden
