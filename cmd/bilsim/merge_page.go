package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// mergedPage is the name of the page in its folder.
const mergedPage = "index.html"

//go:embed merged.html
var mergedHTML string

var mergedTemplate = template.Must(template.New("merged").Parse(mergedHTML))

// mergedView is what the page shows.
type mergedView struct {
	Title, Verdict  string
	Fine            bool
	Lacks           []string
	Facts           []mergedFact
	Findings        []mergedFinding
	Parts           []mergedRow
	Counts          []mergedCounts
	Missing, NotRun string
}

type mergedFact struct{ Name, Value string }

type mergedFinding struct {
	campaign.Finding
	Status campaign.Status
	Page   string // beside this one, or ""
}

type mergedRow struct {
	Name, Seeds, Digest string
	Ran, Violations     uint64
}

// mergedCounts are marks, the least first: what is rare says most.
type mergedCounts struct {
	Title, About string
	Marks        []mergedMark
}

type mergedMark struct {
	Name  string
	Count uint64
	None  bool // and that is a lack
}

func writeMergedPage(w io.Writer, m *merger, lacks []string, pages map[string]string) error {
	r := m.total
	v := &mergedView{
		Title: fmt.Sprintf("%d seeds, %v model", r.Seeds(), r.Campaign.Model), Lacks: lacks, Fine: m.code() == exitFine,
		Missing: r.Missing().String(), NotRun: r.Gaps().String(),
		Facts: []mergedFact{
			{"campaign", r.Campaign.Name}, {"build", r.Campaign.Build}, {"seeds", r.Ran.String() + " of " + r.Of.String()},
			{"events", fmt.Sprint(r.Events)}, {"time of all machines", r.Took.Round(time.Second / 10).String()},
			{"digest", r.Digest.String()},
		},
	}
	v.Verdict = fmt.Sprintf("%d findings in %d seeds", len(r.Findings), r.Violations())
	if r.Violations() == 0 {
		v.Verdict = "nothing was violated"
	}
	for _, f := range r.Findings {
		v.Findings = append(v.Findings, mergedFinding{f, m.known.status(f.ID()), pages[f.ID()]})
	}
	for _, p := range m.parts {
		v.Parts = append(v.Parts, mergedRow{p.Name, p.Result.Ran.String(), p.Result.Digest.String()[:16], p.Result.Seeds(), p.Result.Violations()})
	}
	v.Counts = []mergedCounts{
		{"Judged", "How often each property had something to judge.", shown(r.Judged, r.NeverJudged())},
		{"Happened", "Things that have to happen sometimes.", shown(r.Marks, r.NeverHappened())},
		{"Drawn", "In how many seeds each rare thing was drawn.", shown(r.Drawn, r.NeverDrawn())},
	}
	return mergedTemplate.Execute(w, v)
}

// shown returns marks for the page.
func shown(marks report.Marks, lacking []string) (list []mergedMark) {
	lacks := map[string]bool{}
	for _, name := range lacking {
		lacks[name] = true
	}
	for _, c := range marks {
		list = append(list, mergedMark{c.Name, c.Count, lacks[c.Name]})
	}
	return list
}
