package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/page"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

// written returns the page of a finding.
func written(c *console, f *finding) (string, error) {
	var wasm []byte
	wrong := f.alone
	if wrong == nil {
		if wasm, wrong = c.simulation(); wrong != nil {
			fmt.Fprintln(c.err, "bilsim: the page is a picture only:", wrong)
		}
	}
	return page.Bounded(func(steps uint64) (*page.Page, error) {
		p, err := pageOf(f, steps)
		if err != nil {
			return nil, err
		}
		if p.Wasm = wasm; wrong != nil {
			p.Static = wrong.Error()
		}
		return p, nil
	})
}

// pageOf makes the page of a finding, with so many steps of each run at most.
func pageOf(f *finding, steps uint64) (*page.Page, error) {
	p := &page.Page{Title: f.name, Replay: f.replay}
	if f.file != "" {
		p.Title = filepath.Base(f.file)
	}
	whole := picture.Options{StepsMax: steps}
	if d := f.diagnosis; d != nil {
		p.Report, whole.Needed = d.Explanation.String(), d.Scenario
		if d.Explanation.Smaller {
			small, err := sim.Parse(d.Explanation.Scenario)
			if err != nil {
				return nil, err
			}
			small.Double = d.Scenario.Double // which no text has
			p.Views = append(p.Views, page.View{
				Name:    "the smallest scenario",
				Picture: picture.Draw(small.Run(sim.RunOptions{}), picture.Options{StepsMax: steps, Needed: small}),
			})
		}
	}
	p.Views = append(p.Views, page.View{Name: "as it was run", Picture: picture.Draw(f.result, whole)})
	return p, nil
}

// reports writes the pages of files, or of a seed, whether they hold or not.
func reports(c *console, args []string) (int, error) {
	f := c.flagSet("report")
	var sf seedFlags
	seed := f.Int64("seed", -1, "instead of files: a seed")
	f.StringVar(&sf.model, "model", "physical", "with -seed, the model of a link: physical or adversarial")
	f.IntVar(&sf.peers, "peers", 0, "with -seed, the number of peers; 0 lets the seed decide")
	to := f.String("o", ".", "the `folder` that the pages are written into, named by scenario and seed")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if (f.NArg() == 0) == (*seed < 0) {
		return 0, errors.New("name scenario files, - for standard input, or a seed")
	}
	if *seed >= 0 {
		o, err := sf.options()
		if err != nil {
			return 0, err
		}
		n := uint64(*seed)
		return c.draw(*to, &finding{name: fmt.Sprintf("seed %d, %v", n, o.Model), seed: n, replay: replayCommand(n, o)}, sim.Swarm(n, o))
	}
	return c.eachFile("report", f.Args(), true, func(name string) (int, error) {
		s, _, err := readScenario(c, name)
		if err != nil {
			return 0, err
		}
		return c.draw(*to, &finding{name: name, file: name, seed: s.Seed, replay: "go run ./cmd/bilsim run " + name}, s)
	}), nil
}

// draw runs a scenario and writes its page. What was found is no failure here.
func (c *console) draw(folder string, f *finding, s *sim.Scenario) (int, error) {
	f.result = s.Run(sim.RunOptions{})
	return c.drawn(folder, f)
}

// drawn writes the page of a run.
func (c *console) drawn(folder string, f *finding) (int, error) {
	verdict := "nothing was found"
	if v := f.result.Violation; v != nil {
		f.diagnosis = sim.Diagnose(f.result, f.replay)
		verdict, _, _ = strings.Cut(v.Error(), "\n")
	}
	text, err := written(c, f)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, err
	}
	name := filepath.Join(folder, artifactName(f)+".html")
	fmt.Fprintf(c.out, "%s  %d bytes: %s\n", name, len(text), verdict)
	return exitFine, os.WriteFile(name, []byte(text), 0o644)
}
