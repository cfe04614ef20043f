package campaign

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// A Page shows a result to people, as one HTML file that needs no other.
type Page struct {
	Result *Result
	Fine   bool     // whether nothing is wrong with it
	Lacks  []string // what it leaves open
	Note   string   // on how it came about; may be empty
	// By says what each part was brought by, such as a file; Parts are what was put together.
	By    string
	Parts []Part
	// Status returns how a finding stands by its ID, and "" if no file knows; nil if there is
	// none. Pages are those of findings, by their IDs and beside this one; some may lack.
	Status func(id string) Status
	Pages  map[string]string
}

// A Part is a result of which, with others, another one was made.
type Part struct {
	Name   string
	Result *Result
}

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// pageView is what the template shows.
type pageView struct {
	*Page
	Title, Verdict  string
	Facts           []pageFact
	Findings        []pageFinding
	Rows            []pageRow
	Counts          []pageCounts
	Missing, NotRun string
}

type pageFact struct{ Name, Value string }

type pageFinding struct {
	Finding
	Status Status
	Page   string // beside this one, or ""
}

type pageRow struct {
	Name, Seeds, Digest string
	Ran, Violations     uint64
}

// pageCounts are marks, the least first: what is rare says most.
type pageCounts struct {
	Title, About string
	Marks        []pageMark
}

type pageMark struct {
	Name  string
	Count uint64
	None  bool // and that is a lack
}

// Write writes the page.
func (p *Page) Write(w io.Writer) error {
	r := p.Result
	v := &pageView{
		Page: p, Title: fmt.Sprintf("%s, %v model", counted(r.Seeds(), "seed"), r.Campaign.Model),
		Verdict: "nothing was violated", Missing: inShort(r.Missing()), NotRun: inShort(r.Gaps()),
		Facts: []pageFact{
			{"campaign", r.Campaign.Name}, {"build", r.Campaign.Build}, {"seeds", inShort(r.Ran) + " of " + r.Of.String()},
			{"events", fmt.Sprint(r.Events)}, {"time of all machines", inTenths(r.Took)}, {"digest", r.Digest.String()},
		},
		Counts: []pageCounts{
			{"Judged", "How often each property had something to judge.", shown(r.Judged, r.NeverJudged())},
			{"Happened", "Things that have to happen sometimes.", shown(r.Marks, r.NeverHappened())},
			{"Drawn", "In how many seeds each rare thing was drawn.", shown(r.Drawn, r.NeverDrawn())},
		},
	}
	if n := r.Violations(); n > 0 {
		v.Verdict = counted(len(r.Findings), "finding") + " in " + counted(n, "seed")
	}
	for _, f := range r.Findings {
		shows := pageFinding{Finding: f, Page: p.Pages[f.ID()]}
		if p.Status != nil {
			shows.Status = p.Status(f.ID())
		}
		v.Findings = append(v.Findings, shows)
	}
	for _, x := range p.Parts {
		v.Rows = append(v.Rows, pageRow{x.Name, inShort(x.Result.Ran), x.Result.Digest.String()[:16], x.Result.Seeds(), x.Result.Violations()})
	}
	return pageTemplate.Execute(w, v)
}

// rangesShown is how many ranges of a set a page names, so that a line can be read.
const rangesShown = 3

// inShort names a set, or the first ranges of many.
func inShort(s Ranges) string {
	if len(s) <= rangesShown {
		return s.String()
	}
	return fmt.Sprintf("%v and %d more ranges", s[:rangesShown], len(s)-rangesShown)
}

// counted returns so many things in words.
func counted[N int | uint64](n N, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprint(n, " ", thing)
}

// inTenths returns a time that was taken, and "" for none: sweeps keep none.
func inTenths(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.Round(time.Second / 10).String()
}

// shown returns marks for the page.
func shown(marks report.Marks, lacking []string) (list []pageMark) {
	lacks := map[string]bool{}
	for _, name := range lacking {
		lacks[name] = true
	}
	for _, c := range marks {
		list = append(list, pageMark{c.Name, c.Count, lacks[c.Name]})
	}
	return list
}
