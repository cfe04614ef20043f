package transporttest

import (
	"slices"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Run tests transport. It must not be called by a parallel test, whose goroutines and
// sockets would be taken for the transport's.
func Run(t *testing.T, transport zmqio.Transport, options Options) {
	t.Helper()
	wantNothingLeft(t, Patience)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, mechanism := range c.mechanisms(options) {
				t.Run(mechanism, func(t *testing.T) {
					t.Parallel()
					c.run(&story{TB: t, transport: transport, options: options, curve: mechanism == curve})
				})
			}
		})
	}
}

// The mechanisms, as the names of subtests.
const (
	null  = "null"
	curve = "curve"
)

// testCase is one story of the suite. It runs with each mechanism, unless one is
// enough: of a case about both, or about neither, or with plaintext names.
type testCase struct {
	name string
	run  func(*story)
	only string // a mechanism
}

func (c *testCase) mechanisms(o Options) []string {
	all := []string{null, curve}
	if c.only != "" {
		all = []string{c.only}
	}
	if o.NoCurve {
		all = slices.DeleteFunc(all, func(m string) bool { return m == curve })
	}
	return all
}

// cases is the suite.
var cases = []testCase{
	{name: "order/every length both ways", run: everyLengthBothWays},
	{name: "order/head and body", run: headAndBody},
	{name: "order/every command", run: everyCommand},
	{name: "order/no message sleeps", run: noMessageSleeps},
	{name: "order/answers from inside reports", run: answersFromInsideReports},
	{name: "order/connections of one name", run: connectionsOfOneName},

	{name: "loss/end behind what was sent", run: endBehindWhatWasSent},
	{name: "loss/cut connection", run: cutConnection},
	{name: "loss/idle connection", run: idleConnection},
	{name: "loss/silent connection", run: silentConnection},
	{name: "loss/the right link of several", run: rightLinkOfSeveral},
	{name: "loss/reconnect is a new link", run: reconnectIsANewLink},

	{name: "refusal/failed dials", run: failedDials},
	{name: "refusal/mechanisms never mix", run: mechanismsNeverMix, only: curve},
	{name: "refusal/another key", run: anotherKey, only: curve},
	{name: "refusal/not admitted", run: notAdmitted},
	{name: "refusal/own name", run: ownName},
	{name: "refusal/bad configurations", run: badConfigurations},
	{name: "refusal/bad keys", run: badKeys, only: curve},

	{name: "admission/each link is asked about", run: eachLinkIsAskedAbout},
	{name: "admission/struck off the list", run: struckOffTheList},
	{name: "admission/slow", run: slowAdmission},

	{name: "links/dialled name is kept", run: dialledNameIsKept, only: null},
	{name: "links/odd names", run: oddNames, only: null},
	{name: "links/half open takes no number", run: halfOpenTakesNoNumber},
	{name: "links/hung up while dialling", run: hungUpWhileDialling},
	{name: "links/hung up inside reports", run: hungUpInsideReports},
	{name: "links/unknown", run: unknownLinks},

	{name: "limits/payload", run: payloadLimit},
	{name: "limits/payload of the receiver", run: payloadLimitOfTheReceiver},
	{name: "limits/full queue", run: fullQueue},
	{name: "limits/handshake timeout", run: handshakeTimeout},

	{name: "driver/heads both ways", run: headsBothWays},
	{name: "driver/context ends with the call", run: contextEndsWithTheCall},
	{name: "driver/context ends at the deadline", run: contextEndsAtTheDeadline},
	{name: "driver/context ends with the node", run: contextEndsWithTheNode},
	{name: "driver/context ends with the caller", run: contextEndsWithTheCaller},

	{name: "linger/hang-up delivers", run: hangUpDelivers},
	{name: "linger/the listener hangs up", run: listenerHangsUp},
	{name: "linger/close is bounded", run: closeIsBounded},

	{name: "close/unused", run: closeUnused},
	{name: "close/while dialling", run: closeWhileDialling},
	{name: "close/beside sends and reports", run: closeBesideSends},
	{name: "close/frees its addresses", run: closeFreesAddresses},
	{name: "close/listens no more", run: closeListensNoMore},

	{name: "address/each kind", run: eachKindOfAddress},
	{name: "address/bad", run: badAddresses},
	{name: "address/several listens", run: severalListens},
	{name: "address/every interface", run: everyInterface},

	{name: "file/not a socket", run: notASocket, only: null},
	{name: "file/somebody listens", run: somebodyListens, only: null},
	{name: "file/dead socket", run: deadSocket, only: null},
	{name: "file/removed by close", run: removedByClose, only: null},
	{name: "file/of a successor", run: fileOfASuccessor, only: null},
}

// story is one case under way, with one mechanism.
type story struct {
	testing.TB
	transport zmqio.Transport
	options   Options
	curve     bool
}

// alter changes a configuration.
type alter = func(*zmqio.TransportConfig)

// node opens a node, whose name is name without CURVE and a new key with it.
func (s *story) node(name string, alters ...alter) *Node {
	s.Helper()
	var keys *Keys
	if s.curve {
		keys = NewKeys(s.TB)
	}
	return s.nodeOf(name, keys, alters...)
}

func (s *story) nodeOf(name string, keys *Keys, alters ...alter) *Node {
	s.Helper()
	config := NewConfig(name, keys)
	for _, a := range alters {
		a(&config)
	}
	return NewNode(s.TB, s.transport, config, s.options)
}

// address is where most nodes listen.
func (s *story) address() string { return s.options.Addresses(s.TB)[0] }

// listener opens a node that listens.
func (s *story) listener(name string, alters ...alter) *Node {
	s.Helper()
	return s.node(name, alters...).Listen(s.address())
}

// pair opens a listener and a dialler with a link, and returns both ends of it.
func (s *story) pair(alters ...alter) (l, d *Node, atL, atD core.Link) {
	s.Helper()
	l, d = s.listener("listener", alters...), s.node("dialler", alters...)
	atD, atL = d.Join(l)
	return l, d, atL, atD
}

// claims says whether accepted connections are told apart by claimed names only.
func (s *story) claims() bool { return s.options.ClaimsAreLinks && !s.curve }

// tcp says whether raw connections to address can be made, and relays put before it.
func tcp(address string) bool { return strings.HasPrefix(address, "tcp://") }

// exchange sends a message each way and checks that both arrive next.
func exchange(l, d *Node, atL, atD core.Link, text string) {
	l.TB.Helper()
	d.Send(atD, core.CALL, text)
	l.WantFrame(atL, core.CALL, text)
	l.Send(atL, core.BACK, text)
	d.WantFrame(atD, core.BACK, text)
}
