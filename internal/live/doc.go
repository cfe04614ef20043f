// Package live is what campaigns against live nodes share: processes of their own, what
// these occupy, and tables in documents.
//
// # Files
//
//	child.go      Child: a process of this program that plays another role
//	document.go   Machine, and tables between marks
//
//	system_linux.go, system_other.go   what only Linux tells
package live
