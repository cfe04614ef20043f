package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/incident"
	"github.com/bitmark-inc/bilateralrpc/internal/page"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

// mergeRecords puts recordings of several nodes together.
func mergeRecords(c *console, args []string) (int, error) {
	f := c.flagSet("merge-records")
	frames := f.Bool("frames", false, "print every frame, and how long it took")
	quiet := f.Bool("q", false, "print the scenario only")
	out := f.String("o", "", "write the scenario to that file")
	html := f.String("html", "", "write the picture to that file, as a page for a browser")
	if err := parse(f, args); err != nil {
		return 0, err
	}
	if f.NArg() == 0 {
		return 0, errors.New("name recordings of several nodes, as bilateralrpc.Recorder writes them")
	}
	var files []incident.File
	for _, name := range f.Args() {
		r, err := readRecording(c, name)
		if err != nil {
			return 0, err
		}
		files = append(files, incident.File{Name: name, Recording: r})
	}
	x, err := incident.Merge(files)
	if err != nil {
		return 0, err
	}
	s, err := sim.Parse(x.Scenario)
	if err != nil {
		return 0, fmt.Errorf("the scenario can't be written (%w):\n%s", err, x.Scenario)
	}
	text := sim.Format(s)
	if *html != "" {
		if err := incidentPage(*html, x, s); err != nil {
			return 0, err
		}
	}
	if !*quiet {
		fmt.Fprintf(c.out, "Time is that of %s, from the first event of all.\n\n", f.Arg(0))
		if err := x.WriteTimeline(c.out, *frames); err != nil {
			return 0, err
		}
		fmt.Fprintf(c.out, "\nThe scenario:\n\n")
	}
	if *out != "" {
		return exitFine, os.WriteFile(*out, []byte(text), 0o644)
	}
	fmt.Fprint(c.out, text)
	return exitFine, nil
}

// incidentPage writes the page of recordings: what happened, and the scenario that it
// implies.
func incidentPage(name string, x *incident.Incident, s *sim.Scenario) error {
	var report strings.Builder
	if err := x.WriteTimeline(&report, false); err != nil {
		return err
	}
	simulated := s.Run(sim.RunOptions{})
	text, err := page.Bounded(func(steps uint64) (*page.Page, error) {
		recorded := x.Picture(int(steps))
		recorded.Scenario = sim.Format(s)
		return &page.Page{
			Title: "What recordings tell", Report: report.String(), Static: "what was recorded has happened; bilsim run runs the scenario",
			Views: []page.View{
				{Name: "as recorded", Picture: recorded},
				{Name: "the scenario, simulated", Picture: picture.Draw(simulated, picture.Options{StepsMax: steps})},
			},
		}, nil
	})
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o644)
}
