package inproc_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
)

// linked returns two nodes, a listener and a dialler, with one link up.
func linked(t *testing.T, lc, dc zmqio.TransportConfig) (listener, dialler *recorder, address string) {
	t.Helper()
	lc.Name, dc.Name = "lis", "dia"
	listener, dialler = newRecorder(t, lc), newRecorder(t, dc)
	address, err := listener.Listen("inproc://*")
	if err != nil {
		t.Fatal(err)
	}
	dialler.own(func() { dialler.Dial(dial(1), "lis", address) })
	synctest.Wait()
	listener.want(t, "the listener", "up listen#1 dia")
	dialler.want(t, "the dialler", "up dial#1 lis")
	return listener, dialler, address
}

func TestMessagesArriveInOrderBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, _ := linked(t, zmqio.TransportConfig{}, zmqio.TransportConfig{})
		defer l.end(t)
		defer d.end(t)
		d.send(t, dial(1), core.JOIN, "1")
		d.send(t, dial(1), core.TICK, "2")
		l.send(t, l.links[0], core.STAY, "3")
		large := strings.Repeat("x", zmqio.KeepBytes)
		d.send(t, dial(1), core.CALL, large)
		d.send(t, dial(1), core.Unknown, "4")
		synctest.Wait()
		l.want(t, "the listener", `listen#1 dia JOIN "h:1"`, `listen#1 dia TICK "h:2"`,
			"listen#1 dia CALL 32770 bytes keep=true", `listen#1 dia ???? "h:4"`)
		d.want(t, "the dialler", `dial#1 lis STAY "h:3"`)
		if got := string(l.payloads[0]); got != "h:"+large {
			t.Error("a large payload arrived altered")
		}
	})
}

func TestALinkEndsBehindWhatWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, _ := linked(t, zmqio.TransportConfig{}, zmqio.TransportConfig{})
		defer l.end(t)
		defer d.end(t)
		l.send(t, l.links[0], core.STAY, "to a closed door")
		d.own(func() {
			if err := d.Send(dial(1), core.PART, nil, nil); err != nil {
				t.Error(err)
			}
			d.HangUp(dial(1))
			if err := d.Send(dial(1), core.TICK, nil, nil); !errors.Is(err, zmqio.ErrUnroutable) {
				t.Errorf("Send on a link that was hung up: %v, want ErrUnroutable", err)
			}
		})
		synctest.Wait()
		l.want(t, "the listener", `listen#1 dia PART ""`, "lost listen#1 dia lost")
		d.want(t, "the dialler")
	})
}

func TestTheListenerMayHangUpToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, _ := linked(t, zmqio.TransportConfig{}, zmqio.TransportConfig{})
		defer l.end(t)
		defer d.end(t)
		l.own(func() { l.HangUp(l.links[0]) })
		synctest.Wait()
		d.want(t, "the dialler", "lost dial#1 lis lost")
		l.want(t, "the listener")
	})
}

func TestClosingEndsEveryLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, address := linked(t, zmqio.TransportConfig{}, zmqio.TransportConfig{})
		defer d.end(t)
		l.end(t)
		synctest.Wait()
		d.want(t, "the dialler", "lost dial#1 lis lost")
		d.own(func() { d.Dial(dial(2), "lis", address) })
		synctest.Wait()
		d.want(t, "the dialler", "lost dial#2 lis unreachable")

		again := newRecorder(t, zmqio.TransportConfig{Name: "lis"})
		defer again.end(t)
		if _, err := again.Listen(address); err != nil {
			t.Errorf("the address of a closed node is not free: %v", err)
		}
	})
}

func TestADialThatIsHungUpBeforeItIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d := newRecorder(t, zmqio.TransportConfig{Name: "lis"}), newRecorder(t, zmqio.TransportConfig{Name: "dia"})
		defer l.end(t)
		defer d.end(t)
		address, err := l.Listen("inproc://*")
		if err != nil {
			t.Fatal(err)
		}
		d.own(func() {
			d.Dial(dial(1), "lis", address)
			d.HangUp(dial(1))
		})
		synctest.Wait()
		d.want(t, "the dialler")
		l.want(t, "the listener", "up listen#1 dia", "lost listen#1 dia lost")
	})
}

func TestWhoDoesNotFitIsNotLetIn(t *testing.T) {
	admitNobody := func(string, string) bool { return false }
	for what, c := range map[string]struct {
		lis, dia zmqio.TransportConfig
		expect   string
	}{
		"NULL to CURVE":      {zmqio.TransportConfig{Curve: true}, zmqio.TransportConfig{}, "lis"},
		"CURVE to NULL":      {zmqio.TransportConfig{}, zmqio.TransportConfig{Curve: true}, "lis"},
		"another key":        {zmqio.TransportConfig{Curve: true}, zmqio.TransportConfig{Curve: true}, "other"},
		"not admitted":       {zmqio.TransportConfig{Curve: true, Admit: admitNobody}, zmqio.TransportConfig{Curve: true}, "lis"},
		"not admitted, NULL": {zmqio.TransportConfig{Admit: admitNobody}, zmqio.TransportConfig{}, "lis"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c.lis.Name, c.dia.Name = "lis", "dia"
			l, d := newRecorder(t, c.lis), newRecorder(t, c.dia)
			defer l.end(t)
			defer d.end(t)
			address, err := l.Listen("inproc://*")
			if err != nil {
				t.Fatal(err)
			}
			d.own(func() { d.Dial(dial(1), c.expect, address) })
			synctest.Wait()
			d.want(t, what+": the dialler", "lost dial#1 "+c.expect+" handshake-failed")
			l.want(t, what+": the listener")
		})
	}
}

func TestAFullQueueRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, _ := linked(t, zmqio.TransportConfig{}, zmqio.TransportConfig{SendQueueMax: 10})
		defer l.end(t)
		defer d.end(t)
		refused := 0
		l.own(func() { // the listener's goroutine takes its first batch and waits
			d.own(func() {
				for range 100 {
					if err := d.Send(dial(1), core.CAST, nil, nil); errors.Is(err, zmqio.ErrWouldBlock) {
						refused++
					} else if err != nil {
						t.Error(err)
					}
				}
			})
		})
		if refused < 80 || refused > 90 {
			t.Errorf("%d of 100 messages were refused, want what is beyond one or two queues of 10", refused)
		}
		synctest.Wait()
		l.own(func() {
			if len(l.lines) != 100-refused {
				t.Errorf("%d messages arrived, want the %d that were not refused", len(l.lines), 100-refused)
			}
		})
		d.send(t, dial(1), core.CAST, "there is room again")
	})
}

func TestMessagesOverTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, _ := linked(t, zmqio.TransportConfig{PayloadBytesMax: 10}, zmqio.TransportConfig{PayloadBytesMax: 20})
		defer l.end(t)
		defer d.end(t)
		d.own(func() {
			if err := d.Send(dial(1), core.CAST, []byte("h:"), make([]byte, 19)); !errors.Is(err, zmqio.ErrTooLarge) {
				t.Errorf("a message over the own limit: %v, want ErrTooLarge", err)
			}
		})
		d.send(t, dial(1), core.CAST, "12345678")
		d.send(t, dial(1), core.CAST, "123456789")
		synctest.Wait()
		l.want(t, "the listener", `listen#1 dia CAST "h:12345678"`, "lost listen#1 dia too-large")
		d.want(t, "the dialler", "lost dial#1 lis lost")
	})
}

func TestAddresses(t *testing.T) {
	r := newRecorder(t, zmqio.TransportConfig{})
	defer r.end(t)
	for _, bad := range []string{"", "inproc://", "tcp://x", "inproc://" + strings.Repeat("x", 256)} {
		if err := r.CheckAddress(bad); err == nil || !strings.Contains(err.Error(), "inproc://NAME") {
			t.Errorf("CheckAddress(%q) = %v, want an error that says what to write", bad, err)
		}
		if _, err := r.Listen(bad); err == nil {
			t.Errorf("Listen(%q) gave no error", bad)
		}
	}
	a, err := r.Listen("inproc://*")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := r.Listen("inproc://*"); err != nil || a == b {
		t.Errorf("a second wildcard gave %q, %v, want an address other than %q", b, err, a)
	}
	if _, err := r.Listen(a); !errors.Is(err, inproc.ErrInUse) {
		t.Errorf("Listen on an address in use: %v, want ErrInUse", err)
	}
}

// A transport must expect calls from inside its reports.
func TestAReportMayBeAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d, _ := linked(t, zmqio.TransportConfig{}, zmqio.TransportConfig{})
		defer l.end(t)
		defer d.end(t)
		l.own(func() {
			l.onFrame = func(link core.Link) {
				if err := l.Send(link, core.TOCK, nil, []byte("at once")); err != nil {
					t.Error(err)
				}
				l.HangUp(link)
			}
		})
		d.own(func() {
			for range 3 {
				if err := d.Send(dial(1), core.TICK, nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
		synctest.Wait()
		l.want(t, "the listener", `listen#1 dia TICK ""`)
		d.want(t, "the dialler", `dial#1 lis TOCK "at once"`, "lost dial#1 lis lost")
	})
}
