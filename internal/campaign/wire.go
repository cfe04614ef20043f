package campaign

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// wireVersion is that of results as JSON. Results of another version are not read.
const wireVersion = 1

// wire is a result as docs/bilsim.schema.json has it: the summary of a hunt. What follows
// from other fields is for readers; reading it back looks at the fields that it needs.
type wire struct {
	Type     string            `json:"type"`
	Schema   int               `json:"schema"`
	Campaign wireCampaign      `json:"campaign"`
	Model    string            `json:"model"`
	Of       string            `json:"of"`
	Asked    []string          `json:"asked"`
	Ran      []string          `json:"ran"`
	Seeds    uint64            `json:"seeds"`
	Next     uint64            `json:"next"`
	Events   uint64            `json:"events"`
	EventsPS uint64            `json:"events_per_s"`
	TookS    float64           `json:"took_s"`
	Marks    int               `json:"marks"`
	Hit      int               `json:"marks_hit"`
	Counts   map[string]uint64 `json:"mark_counts"`
	Missed   []string          `json:"marks_missed"`
	Judged   map[string]uint64 `json:"judged"`
	Unjudged []string          `json:"never_judged"`
	Drawn    map[string]uint64 `json:"drawn"`
	Undrawn  []string          `json:"undrawn"`
	Violated uint64            `json:"violations"`
	Findings []Finding         `json:"findings"`
	Digest   Digest            `json:"digest"`
}

type wireCampaign struct {
	Version int    `json:"version"`
	Name    string `json:"name"`
	Peers   int    `json:"peers"`
	Build   string `json:"build"`
}

// MarshalJSON returns the result as the line that sums a hunt up. But for took_s and
// events_per_s it is the same bytes for the same indices, whoever has run them.
func (r *Result) MarshalJSON() ([]byte, error) {
	c := &r.Campaign
	perSecond := uint64(0)
	if r.Took > 0 {
		perSecond = uint64(float64(r.Events) / r.Took.Seconds())
	}
	return json.Marshal(&wire{
		Type: "summary", Schema: 1, Campaign: wireCampaign{wireVersion, c.Name, c.Peers, c.Build}, Model: c.Model.String(),
		Of: r.Of.String(), Asked: rangeWords(r.Asked), Ran: rangeWords(r.Ran), Seeds: r.Seeds(), Next: r.Next(),
		Events: r.Events, EventsPS: perSecond, TookS: r.Took.Seconds(),
		Marks: len(r.Marks), Hit: len(r.Marks) - len(r.Marks.Missed(true)), Counts: counts(r.Marks), Missed: list(r.NeverHappened()),
		Judged: counts(r.Judged), Unjudged: list(r.NeverJudged()), Drawn: counts(r.Drawn), Undrawn: list(r.NeverDrawn()),
		Violated: r.Violations(), Findings: list(r.Findings), Digest: r.Digest,
	})
}

// UnmarshalJSON reads what MarshalJSON returned, by the same version of this package. A
// result that contradicts itself is refused.
func (r *Result) UnmarshalJSON(text []byte) error {
	var w wire
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	switch {
	case w.Type != "summary":
		return fmt.Errorf("this is no result of a campaign: its type is %q, not summary", w.Type)
	case w.Campaign.Version != wireVersion:
		return fmt.Errorf("the result is of version %d, this program reads version %d", w.Campaign.Version, wireVersion)
	}
	model, err := modelOf(w.Model)
	of, errOf := ParseRange(w.Of)
	asked, errAsked := rangesOf(w.Asked)
	ran, errRan := rangesOf(w.Ran)
	if err := errors.Join(err, errOf, errAsked, errRan); err != nil {
		return err
	}
	n := New(Campaign{Name: w.Campaign.Name, Model: model, Peers: w.Campaign.Peers, Build: w.Campaign.Build}, of, Range{})
	n.Asked, n.Ran, n.Events, n.Digest, n.Findings = asked, ran, w.Events, w.Digest, w.Findings
	n.Took = time.Duration(math.Round(max(w.TookS, 0) * float64(time.Second)))
	if err := errors.Join(count(n.Marks, w.Counts), count(n.Judged, w.Judged), count(n.Drawn, w.Drawn), n.sound()); err != nil {
		return err
	}
	*r = *n
	return nil
}

// sound says whether a result that was read contradicts itself.
func (r *Result) sound() error {
	slices.SortFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(a.Index, b.Index) })
	seen := map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if seen[f.ID()] || f.Seeds == 0 || len(r.Ran.Both(Ranges{{f.Index, f.Index + 1}})) == 0 {
			return fmt.Errorf("finding %s is there twice, or of no seed that was run", f.ID())
		}
		seen[f.ID()] = true
	}
	if len(r.Ran.Without(r.Asked)) > 0 || len(r.Asked.Without(Ranges{r.Of})) > 0 || r.Violations() > r.Seeds() {
		return errors.New("more seeds were run, or violate something, than there are")
	}
	return nil
}

func modelOf(s string) (sim.Model, error) {
	for _, m := range []sim.Model{sim.Physical, sim.Adversarial} {
		if s == m.String() {
			return m, nil
		}
	}
	return 0, fmt.Errorf("the model of a link is physical or adversarial, not %q", s)
}

func rangeWords(set Ranges) []string {
	words := []string{}
	for _, r := range set {
		words = append(words, r.String())
	}
	return words
}

func rangesOf(words []string) (Ranges, error) {
	var all []Range
	for _, w := range words {
		r, err := ParseRange(w)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return NewRanges(all...), nil
}

// counts returns marks by their names.
func counts(marks report.Marks) map[string]uint64 {
	m := make(map[string]uint64, len(marks))
	for _, c := range marks {
		m[c.Name] = c.Count
	}
	return m
}

// count puts counts into marks. Both have to have the same names.
func count(marks report.Marks, counts map[string]uint64) error {
	for i := range marks {
		n, ok := counts[marks[i].Name]
		if !ok || len(counts) != len(marks) {
			return fmt.Errorf("the result is of another build: it counts other things, or not %q", marks[i].Name)
		}
		marks[i].Count = n
	}
	return nil
}

// list returns a slice that is [] in JSON where it would be null.
func list[T any](s []T) []T { return append([]T{}, s...) }
