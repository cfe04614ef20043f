package bilateraltest

import (
	"fmt"
	"path/filepath"

	"github.com/bitmark-inc/bilateralrpc/internal/page"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

// writePage writes the page of a finding, and says where it is, or why it is not.
func (f *Finding) writePage(directory, test string) string {
	name := filepath.Join(directory, fileName(test, f.Seed, "html"))
	text, err := page.Bounded(func(steps uint64) (*page.Page, error) {
		p := f.draw(steps)
		p.Report = f.Report
		return p, nil
	})
	if err == nil {
		err = write(name, text)
	}
	if err != nil {
		return fmt.Sprintf("\nThe page could not be written: %v\n", err)
	}
	return fmt.Sprintf("\nThe page: %s\n", name)
}

// page draws a run and the smallest scenario that shows the same, with so many steps of each
// at most. The program is run once more for each, and is not in the page, so that this can't
// be done there.
func (b *batch) page(found *sim.Result, small *sim.Scenario, command string, steps uint64) *page.Page {
	p := &page.Page{
		Title: fmt.Sprintf("%s, seed %d", b.t.Name(), found.Scenario.Seed), Replay: command,
		Static: "the program of the test is not in it",
	}
	o := picture.Options{StepsMax: steps, Needed: small}
	if small != found.Scenario {
		r := small.Run(sim.RunOptions{Around: b.around(found.Scenario.Seed)})
		p.Views = append(p.Views, page.View{Name: "the smallest scenario", Picture: picture.Draw(r, o)})
	}
	p.Views = append(p.Views, page.View{Name: "as it was run", Picture: picture.Draw(found, o)})
	return p
}
