//go:build cgo && libzmq

package libzmq

import (
	"testing"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
)

const benchPayload = "0123456789abcdef0123456789abcdef"

// window is how many calls are under way in the pipelined benchmarks.
const window = 64

// echo has a answer every CALL of its only link from inside the report.
func echo(a *node, link core.Link) {
	a.Locked(func() {
		a.Frames = func(_ core.Link, payload []byte) {
			if err := a.SendLocked(link, core.BACK, nil, payload); err != nil {
				a.TB.Error(err)
			}
		}
	})
}

func benchTransport(b *testing.B, curve bool, window int) {
	server, client := start(b, "a", curve), start(b, "b", curve)
	atServer, link := pair(b, server, client)
	echo(server, atServer)
	answers := make(chan struct{}, window)
	client.Locked(func() { client.Frames = func(core.Link, []byte) { answers <- struct{}{} } })
	b.ReportAllocs()
	b.ResetTimer()
	sent := 0
	for range min(window, b.N) {
		client.Send(link, core.CALL, benchPayload)
		sent++
	}
	for range b.N {
		<-answers
		if sent < b.N {
			client.Send(link, core.CALL, benchPayload)
			sent++
		}
	}
	b.StopTimer()
}

// benchRaw does the same with pebbe's sockets: a DEALER and a ROUTER that echoes.
func benchRaw(b *testing.B, window int) {
	server := newForeign(b, zmq.ROUTER, "a", nil, "")
	server.must(server.Bind("tcp://127.0.0.1:*"))
	address, err := server.GetLastEndpoint()
	server.must(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			m, err := server.RecvMessageBytes(0)
			if err != nil || len(m) != 3 || string(m[1]) == "PART" {
				return
			}
			if _, err := server.SendMessage(m[0], "BACK", m[2]); err != nil {
				return
			}
		}
	}()
	client := newForeign(b, zmq.DEALER, "b", nil, "")
	client.must(client.Connect(address))
	b.ReportAllocs()
	b.ResetTimer()
	sent := 0
	for range min(window, b.N) {
		client.say("CALL", benchPayload)
		sent++
	}
	for range b.N {
		if _, err := client.RecvMessageBytes(0); err != nil {
			b.Fatal(err)
		}
		if sent < b.N {
			client.say("CALL", benchPayload)
			sent++
		}
	}
	b.StopTimer()
	client.say("PART", "")
	<-done
}

func BenchmarkPingPong(b *testing.B) {
	b.Run("raw", func(b *testing.B) { benchRaw(b, 1) })
	b.Run("plain", func(b *testing.B) { benchTransport(b, false, 1) })
	b.Run("curve", func(b *testing.B) { benchTransport(b, true, 1) })
}

func BenchmarkPipelined(b *testing.B) {
	b.Run("raw", func(b *testing.B) { benchRaw(b, window) })
	b.Run("plain", func(b *testing.B) { benchTransport(b, false, window) })
	b.Run("curve", func(b *testing.B) { benchTransport(b, true, window) })
}
