package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// short are the flags of a sweep of four ranges.
var short = []string{"run", "-workers", "1", "-json", "-vacuous", "0", "-seeds", "0..128", "-chunk", "32", "-lease", "2s"}

// A sweep that is interrupted gives its ranges back, and the same command goes on with it.
func TestTheSameCommandGoesOn(t *testing.T) {
	dir, g := t.TempDir(), newGate(t)
	args := append(short, "-dir", dir, "-seeds", "0..192")
	p := start(t, []string{g.env()}, args...)
	o := observe(t, dir)
	o.open()
	eventually(t, "it is in the middle of a range", func() bool { return g.holds(p) })
	g.open()
	eventually(t, "it has a result", func() bool { return o.entries() > 0 })
	g.shut()
	eventually(t, "it is in the middle of the next range", func() bool { return g.holds(p) })
	p.signal(syscall.SIGINT)
	eventually(t, "it has heard", func() bool { return strings.Contains(p.err.String(), "interrupted") })
	g.open()
	if code := p.exit(); code != exitInterrupted {
		t.Fatalf("interrupted, it ends with %d", code)
	}
	p = start(t, nil, args...)
	if code := p.exit(); code != exitFine {
		t.Fatalf("the second run ends with %d", code)
	}
	if !strings.Contains(p.err.String(), "of 192 seeds have been run before") {
		t.Errorf("it does not say that it goes on: %s", p.err.String())
	}
	if got, want := strings.TrimSpace(p.out.String()), alone(campaign.Range{To: 192}); got != want {
		t.Errorf("the sweep gave\n%s\none machine gives\n%s", got, want)
	}
	page := filepath.Join(t.TempDir(), "sweep.html")
	again := start(t, nil, "result", "-dir", dir, "-json", "-vacuous", "0", "-html", page)
	if code := again.exit(); code != exitFine || again.out.String() != p.out.String() {
		t.Errorf("result ends with %d and says\n%s", code, again.out.String())
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	// Each of the two processes had a worker, and a part in it.
	rows := regexp.MustCompile(`<td>[\w-]+\.0<td><code>[^<]+</code><td class="number">(\d+)<`).FindAllStringSubmatch(string(text), -1)
	seeds := 0
	for _, r := range rows {
		n, _ := strconv.Atoi(r[1])
		seeds += n
	}
	if len(rows) != 2 || seeds != 192 || !strings.Contains(string(text), "192 seeds, physical model: <span class=\"good\">") {
		t.Errorf("the page has workers %q\n%s", rows, text)
	}
}

// A seed that ends every process which runs it is a finding, and the sweep goes on without it.
func TestASeedThatEndsItsProcess(t *testing.T) {
	for _, c := range []struct{ name, env, what string }{
		{"dies", dieAt, "this seed ends its process"},
		{"hangs", hangAt, "It did not end within"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := append(short, "-dir", t.TempDir(), "-stall", "20s", "-deaths", "1")
			if code := start(t, []string{c.env + "=77"}, args...).exit(); code != exitUsage {
				t.Fatalf("a worker that meets the seed ends with %d", code)
			}
			p := start(t, []string{c.env + "=77"}, args...)
			if code := p.exit(); code != exitFound {
				t.Fatalf("the sweep ends with %d", code)
			}
			var r campaign.Result
			if err := r.UnmarshalJSON([]byte(p.out.String())); err != nil {
				t.Fatal(err)
			}
			if r.Seeds() != 128 || len(r.Findings) != 1 || r.Findings[0].Seed != 77 || r.Findings[0].Property != endedID {
				t.Fatalf("%d seeds, findings %+v", r.Seeds(), r.Findings)
			}
			if !strings.Contains(r.Findings[0].What, c.what) {
				t.Errorf("the finding says %q", r.Findings[0].What)
			}
		})
	}
}

// A program that behaves differently takes no part, and neither does one that wants another
// sweep of the same name.
func TestAnotherProgramIsRefused(t *testing.T) {
	dir := t.TempDir()
	start(t, nil, "serve", "-dir", dir)
	o := observe(t, dir)
	theirs := ledger.Plan{Work: (&task{Model: "physical"}).String(), Program: "another", Of: campaign.Range{To: 128}, Chunk: 32, Lease: 2e9}
	if _, err := ledger.Create(context.Background(), o.c.js, "sweep", theirs, ledger.Options{}); err != nil {
		t.Fatal(err)
	}
	ours := theirs
	ours.Program = program()
	if _, err := ledger.Create(context.Background(), o.c.js, "ours", ours, ledger.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"work"}, "planned with a program that behaves differently"},
		{short, "planned with a program that behaves differently"},
		{append(short, "-name", "ours", "-seeds", "0..64"), "it is of seeds 0..128: give yours another name with -name"},
		{append(short, "-name", "ours", "-model", "adversarial"), `its work is {"model":"physical"`},
		{[]string{"result", "-name", "nobody"}, "start one with sweep run"},
	} {
		p := start(t, nil, append(c.args, "-dir", dir)...)
		if code := p.exit(); code != exitUsage || !strings.Contains(p.err.String(), c.want) {
			t.Errorf("%v ends with %d and says %q", c.args, code, p.err.String())
		}
	}
}

// Results of one range that differ are told, and are the worst that can be found.
func TestResultsThatDifferAreTold(t *testing.T) {
	dir := t.TempDir()
	start(t, nil, "serve", "-dir", dir)
	o := observe(t, dir)
	ctx := context.Background()
	plan := ledger.Plan{Work: (&task{Model: "physical"}).String(), Program: program(), Of: campaign.Range{To: 1}, Chunk: 1, Lease: 1e9}
	l, err := ledger.Create(ctx, o.c.js, "sweep", plan, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Fill(ctx); err != nil {
		t.Fatal(err)
	}
	var leases []*ledger.Lease
	eventually(t, "a lease that is not renewed goes to another worker", func() bool {
		lease, err := l.Take(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if lease != nil {
			leases = append(leases, lease)
		}
		return len(leases) == 2
	})
	for i, lease := range leases {
		e := ledger.Entry{Worker: fmt.Sprint("worker ", i), Result: []byte(alone(campaign.Range{To: 1}))}
		if i == 1 {
			e.Result = []byte(`{}`)
		}
		kept, err := l.Keep(ctx, lease, e)
		if err != nil || kept != (i == 0) {
			t.Fatalf("result %d: kept %v, %v", i, kept, err)
		}
	}
	p := start(t, nil, "result", "-dir", dir, "-vacuous", "0")
	if code := p.exit(); code != exitDigest || !strings.Contains(p.err.String(), "gave one result to worker 0 and another one to worker 1") {
		t.Errorf("result ends with %d and says %q", code, p.err.String())
	}
}
