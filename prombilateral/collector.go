package prombilateral

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitmark-inc/bilateralrpc"
)

// Collector is a prometheus.Collector of what a node counts. Its methods may be called
// concurrently.
type Collector struct{ node *bilateralrpc.Bilateral }

// NewCollector returns the Collector of a node. It goes on after the node is closed, with
// the last counters.
func NewCollector(node *bilateralrpc.Bilateral) *Collector { return &Collector{node} }

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for i := range singles {
		ch <- singles[i].desc
	}
	for i := range groups {
		ch <- groups[i].desc
	}
}

// Collect implements prometheus.Collector. All that it sends is of one moment.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	stats := c.node.Stats()
	collect(&stats, func(m prometheus.Metric) { ch <- m })
}

// collect tells what stats has.
func collect(stats *bilateralrpc.Stats, tell func(prometheus.Metric)) {
	for i := range singles {
		s := &singles[i]
		tell(prometheus.MustNewConstMetric(s.desc, s.kind, s.value(stats)))
	}
	for i := range groups {
		g := &groups[i]
		for j, v := range g.values(stats) {
			g.tell(reflect.ValueOf(v), g.fixed[j], tell)
		}
	}
}

// single is a counter or gauge without labels.
type single struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*bilateralrpc.Stats) float64
}

func counter(name, help string, value func(*bilateralrpc.Stats) uint64) single {
	return single{newDesc(name+"_total", help), prometheus.CounterValue, func(s *bilateralrpc.Stats) float64 { return float64(value(s)) }}
}

func gauge(name, help string, value func(*bilateralrpc.Stats) int) single {
	return single{newDesc(name, help), prometheus.GaugeValue, func(s *bilateralrpc.Stats) float64 { return float64(value(s)) }}
}

func newDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("bilateral_"+name, help, labels, nil)
}

type stats = bilateralrpc.Stats

var singles = []single{
	counter("calls", "Calls begun.", func(s *stats) uint64 { return s.Calls }),
	counter("casts", "Casts sent.", func(s *stats) uint64 { return s.Casts }),
	counter("dials", "Connections dialled.", func(s *stats) uint64 { return s.Dials }),
	counter("resends", "Requests sent again over a new connection.", func(s *stats) uint64 { return s.Resends }),
	counter("sends_refused", "Messages that a transport did not take.", func(s *stats) uint64 { return s.SendsRefused }),
	counter("replies_lost", "Replies that no connection took to the caller.", func(s *stats) uint64 { return s.RepliesLost }),
	counter("malformed", "Messages that were not a command and a payload.", func(s *stats) uint64 { return s.Malformed }),
	counter("turned_away", "Connections refused and messages dropped because the other end has no admitted name.", func(s *stats) uint64 { return s.TurnedAway }),
	counter("links_refused", "Accepted connections that were hung up because there were too many.", func(s *stats) uint64 { return s.LinksRefused }),
	counter("memory_refused", "How often a peer was refused more memory.", func(s *stats) uint64 { return s.BytesRefused }),

	gauge("peers", "Peers that the node knows of.", func(s *stats) int { return s.Peers }),
	gauge("active_peers", "Peers that can be called.", func(s *stats) int { return s.ActivePeers }),
	gauge("links_accepted", "Accepted connections that are up.", func(s *stats) int { return s.LinksAccepted }),
	gauge("calls_pending", "Calls that wait for replies.", func(s *stats) int { return s.CallsPending }),
	gauge("serving", "Requests being served.", func(s *stats) int { return s.Serving }),
	gauge("timers", "Timers of the protocol that run.", func(s *stats) int { return s.Timers }),
	gauge("workers", "Goroutines that run handlers or wait for work.", func(s *stats) int { return s.Workers }),
	gauge("held_bytes", "Memory held because of peers.", func(s *stats) int { return s.BytesHeld }),
}

// group is a counter whose last label is the name of a field, in one struct of Stats or in
// several, which then differ by their fixed labels.
type group struct {
	desc   *prometheus.Desc
	fixed  [][]string
	values func(*stats) []any
	// only is the field that the counter is of, which then has no label for it; and without
	// is a field that it leaves out.
	only, without string
}

var groups = []group{
	{
		desc: newDesc("outcomes_total", "How calls ended, once for each addressed peer.", "outcome"), fixed: [][]string{nil},
		values: func(s *stats) []any { return []any{s.Outcomes} },
	},
	{
		desc: newDesc("drops_total", "What peers sent and this node ignored.", "reason"), fixed: [][]string{nil},
		values: func(s *stats) []any { return []any{s.Drops} },
	},
	{
		desc: newDesc("refusals_total", "What this program asked for and was refused.", "reason"), fixed: [][]string{nil},
		values: func(s *stats) []any { return []any{s.Refusals} },
	},
	{
		desc: newDesc("frames_total", "Messages by their command.", "direction", "command"), fixed: inAndOut,
		values: frames, without: "With", // which counts some of the others once more
	},
	{
		desc: newDesc("frames_with_head_total", "Messages that had metadata or a deadline.", "direction"), fixed: inAndOut,
		values: frames, only: "With",
	},
}

var inAndOut = [][]string{{"in"}, {"out"}}

func frames(s *stats) []any { return []any{s.FramesIn, s.FramesOut} }

// tell tells the counters of one struct.
func (g *group) tell(v reflect.Value, labels []string, tell func(prometheus.Metric)) {
	for i := range v.NumField() {
		name, n := v.Type().Field(i).Name, float64(v.Field(i).Uint())
		switch {
		case g.only == "" && name != g.without:
			tell(prometheus.MustNewConstMetric(g.desc, prometheus.CounterValue, n, append(labels[:len(labels):len(labels)], snake(name))...))
		case g.only == name:
			tell(prometheus.MustNewConstMetric(g.desc, prometheus.CounterValue, n, labels...))
		}
	}
}

// snake writes a name of Go as one of Prometheus: NotConnected is not_connected.
func snake(name string) string {
	var s strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			s.WriteByte('_')
		}
		s.WriteRune(unicode.ToLower(r))
	}
	return s.String()
}
