package picture

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// A Request is what the page asks for.
type Request struct {
	// Do is run; check, which only reads the scenario; format; or words, which come next
	// behind the scenario's last line.
	Do       string
	Scenario string
	Seed     string // in place of the scenario's; empty leaves it
	Off      []int  // the lines to leave out, indices of Picture.Lines
	From     uint64 // the first step to show; zero is around the violation
	Needed   bool   // look for the smallest scenario first, and mark its faults
}

// A Response is what comes of a Request.
type Response struct {
	Picture  *Picture // of a run; nil if there is none
	Scenario string   // in its canonical form
	Words    []string // that may come next
	Problem  *Problem // what is wrong with the scenario; nil if nothing is
}

// A Problem is what is wrong with a scenario.
type Problem struct {
	Line, Column, Width int    // as in a sim.SyntaxError
	What, Excerpt       string // what is wrong; the line with a caret below the place
}

// eventsMost ends a run in the page: nobody waits for more.
const eventsMost = 20_000_000

// Answer does what a Request in JSON asks for, and returns a Response in JSON.
func Answer(request []byte) []byte {
	var q Request
	a := &Response{}
	if err := json.Unmarshal(request, &q); err != nil {
		a.Problem = &Problem{What: "this is no request: " + err.Error()}
	} else {
		q.answer(a)
	}
	out, err := json.Marshal(a)
	if err != nil {
		panic(err) // it holds nothing but strings and numbers
	}
	return out
}

func (q *Request) answer(a *Response) {
	if q.Do == "words" {
		a.Words = sim.Words(q.Scenario[strings.LastIndexByte(q.Scenario, '\n')+1:])
		return
	}
	s, err := sim.Parse(q.Scenario)
	if err != nil {
		a.Problem = problem(q.Scenario, err)
		return
	}
	if q.Seed != "" {
		seed, ok := number(q.Seed)
		if !ok {
			a.Problem = &Problem{What: "a seed is a number from 0 to 18446744073709551615"}
			return
		}
		s.Seed = seed
	}
	s, note := whole(without(s, q.Off))
	a.Scenario = sim.Format(s)
	if q.Do != "run" {
		return
	}
	r := s.Run(sim.RunOptions{EventsMax: eventsMost})
	o := Options{From: q.From}
	if q.Needed && r.Violation != nil {
		o.Needed = sim.Diagnose(r, "").Scenario
	}
	a.Picture = Draw(r, o)
	a.Picture.Note = note
}

// whole leaves out the expectations that make no sense any more once other lines are
// gone, such as those that speak of a heal. It returns the scenario as it is read back,
// and says what is missing.
func whole(s *sim.Scenario) (*sim.Scenario, string) {
	note := ""
	for {
		again, err := sim.Parse(sim.Format(s))
		if err == nil {
			return again, note
		}
		var syntax *sim.SyntaxError
		gone := false
		if errors.As(err, &syntax) {
			for i, n := range numbered(s) {
				if n == syntax.Line && (s.Lines[i].Expect != nil || s.Lines[i].Fault != nil) {
					l := lines(s, nil)[i]
					note += "Left out too, since it makes no sense alone: " + l.Text + "\n"
					s, gone = without(s, []int{i}), true
					break
				}
			}
		}
		if !gone {
			return s, note + err.Error()
		}
	}
}

// problem returns what is wrong with a scenario.
func problem(scenario string, err error) *Problem {
	var syntax *sim.SyntaxError
	if !errors.As(err, &syntax) {
		return &Problem{What: err.Error()}
	}
	return &Problem{Line: syntax.Line, Column: syntax.Column, Width: syntax.Width, What: syntax.What, Excerpt: text.Excerpt(scenario, syntax)}
}
