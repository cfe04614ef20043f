// Package nametest gives names addresses while a test runs, without a network.
package nametest

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
)

// Answer has every name that package net looks up resolved to the given addresses,
// until the test ends. The system's own list of hosts still comes first. It replaces
// net.DefaultResolver, so nothing else may look up names meanwhile: the test must not
// be parallel.
func Answer(t *testing.T, addresses ...netip.Addr) {
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go serve(ours, addresses)
		return theirs, nil
	}}
}

// serve answers queries on conn, which are framed as over TCP, until it ends.
func serve(conn net.Conn, addresses []netip.Addr) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer, err := answerTo(query, addresses)
		if err != nil {
			return
		}
		framed := binary.BigEndian.AppendUint16(nil, uint16(len(answer)))
		if _, err := conn.Write(append(framed, answer...)); err != nil {
			return
		}
	}
}

// Of RFC 1035 and, for AAAA, RFC 3596.
const (
	headerBytes = 12
	typeA       = 1
	typeAAAA    = 28
	classIN     = 1
	pointer     = 0xc000 | headerBytes // to the name of the question
)

var errQuery = errors.New("not a query with one question")

// answerTo answers a query with those of addresses that are of the type it asks for.
func answerTo(query []byte, addresses []netip.Addr) ([]byte, error) {
	end := headerBytes
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	end += 5 // the end of the name, type and class
	if end > len(query) {
		return nil, errQuery
	}
	asked := binary.BigEndian.Uint16(query[end-4:])
	var records []byte
	count := uint16(0)
	for _, a := range addresses {
		kind := uint16(typeAAAA)
		if a.Is4() {
			kind = typeA
		}
		if kind != asked {
			continue
		}
		count++
		for _, field := range []uint16{pointer, kind, classIN, 0, 0, uint16(a.BitLen() / 8)} { // TTL 0
			records = binary.BigEndian.AppendUint16(records, field)
		}
		records = append(records, a.AsSlice()...)
	}
	answer := append([]byte(nil), query[:2]...)              // the id
	for _, field := range []uint16{0x8180, 1, count, 0, 0} { // a response, without an error
		answer = binary.BigEndian.AppendUint16(answer, field)
	}
	answer = append(answer, query[headerBytes:end]...)
	return append(answer, records...), nil
}
