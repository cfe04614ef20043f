package deploy

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// job is a batch/v1 Job of Kubernetes, as far as ours has fields.
type job struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		CompletionMode          string `yaml:"completionMode"`
		Completions             int
		Parallelism             int
		BackoffLimitPerIndex    *int `yaml:"backoffLimitPerIndex"`
		TTLSecondsAfterFinished int  `yaml:"ttlSecondsAfterFinished"`
		PodFailurePolicy        struct {
			Rules []struct {
				Action      string
				OnExitCodes struct {
					Operator string
					Values   []int
				} `yaml:"onExitCodes"`
				OnPodConditions []struct{ Type string } `yaml:"onPodConditions"`
			}
		} `yaml:"podFailurePolicy"`
		Template struct {
			Spec struct {
				RestartPolicy                string `yaml:"restartPolicy"`
				AutomountServiceAccountToken *bool  `yaml:"automountServiceAccountToken"`
				Containers                   []struct {
					Name, Image   string
					Command, Args []string
					Env           []struct{ Name, Value string }
					Resources     struct{ Requests, Limits map[string]string }
				}
			}
		}
	}
}

// workflow is a workflow of GitHub, as far as ours has fields.
type workflow struct {
	Name        string
	On          map[string]any
	Permissions map[string]string
	Env         map[string]string
	Jobs        map[string]*struct {
		Needs    string
		If       string
		RunsOn   string `yaml:"runs-on"`
		Timeout  int    `yaml:"timeout-minutes"`
		Strategy struct {
			FailFast *bool `yaml:"fail-fast"`
			Matrix   map[string][]int
		}
		Steps []struct {
			If, Uses, Run string
			With          map[string]string
			Env           map[string]string
		}
	}
}

// decode reads a file of deploy/; a field that the record has not is an error.
func decode(t *testing.T, name string, to any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(to); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// bilsim builds the command line and returns what prints the flags of a command.
func bilsim(t *testing.T) (flags func(command string) []string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "bilsim")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "./cmd/bilsim")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(command string) []string {
		out, err := exec.Command(bin, "complete", "--", command, "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
}

var flag = regexp.MustCompile(`(?:^|\s)(-[a-z]+)`)

// checkCommands looks at every call of bilsim in a script. It returns how many there are.
func checkCommands(t *testing.T, script string, flags func(string) []string) (calls int) {
	t.Helper()
	script = regexp.MustCompile(`-shard \w+`).ReplaceAllString(script, "-shard")
	for _, m := range regexp.MustCompile(`(?m)(?:^|\s)bilsim ([a-z]+)(.*)$`).FindAllStringSubmatch(script, -1) {
		calls++
		known := flags(m[1])
		if len(known) == 0 {
			t.Errorf("there is no command %s, or it has no flags: %s", m[1], m[0])
		}
		for _, f := range flag.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(known, f[1]) {
				t.Errorf("bilsim %s has no flag %s: %s", m[1], f[1], m[0])
			}
		}
	}
	return calls
}

func TestTheIndexedJobIsOne(t *testing.T) {
	var j job
	decode(t, "kubernetes/hunt.yaml", &j)
	s := j.Spec
	if j.APIVersion != "batch/v1" || j.Kind != "Job" || s.CompletionMode != "Indexed" || j.Metadata.Name == "" {
		t.Errorf("it is no Indexed Job: %+v", j)
	}
	// What the API server demands where an index has its own limit, and of exit codes.
	if s.Template.Spec.RestartPolicy != "Never" || s.BackoffLimitPerIndex == nil {
		t.Error("backoffLimitPerIndex and podFailurePolicy want restartPolicy: Never")
	}
	for _, r := range s.PodFailurePolicy.Rules {
		if r.OnExitCodes.Operator == "In" && (slices.Contains(r.OnExitCodes.Values, 0) || !slices.IsSorted(r.OnExitCodes.Values)) {
			t.Errorf("exit codes %v are not in order, or 0 is among them", r.OnExitCodes.Values)
		}
	}
	if len(s.Template.Spec.Containers) != 1 {
		t.Fatalf("it has %d containers", len(s.Template.Spec.Containers))
	}
	c := s.Template.Spec.Containers[0]
	env := map[string]string{}
	for _, e := range c.Env {
		env[e.Name] = e.Value
	}
	if env["JOB_COMPLETIONS"] != strconv.Itoa(s.Completions) || s.Parallelism > s.Completions {
		t.Errorf("JOB_COMPLETIONS is %s, completions %d, parallelism %d", env["JOB_COMPLETIONS"], s.Completions, s.Parallelism)
	}
	if calls := checkCommands(t, strings.Join(c.Args, "\n"), bilsim(t)); calls != 1 {
		t.Errorf("it calls bilsim %d times, want once", calls)
	}
}

// checkJobs looks at all steps of a workflow. It returns how many calls of bilsim there are.
func checkJobs(t *testing.T, w *workflow, flags func(string) []string) (calls int) {
	t.Helper()
	for name, j := range w.Jobs {
		if j.RunsOn == "" || j.Timeout == 0 || j.Needs != "" && w.Jobs[j.Needs] == nil {
			t.Errorf("job %s has no machine or no limit, or needs a job that is not there", name)
		}
		for _, s := range j.Steps {
			if (s.Uses == "") == (s.Run == "") {
				t.Errorf("a step of %s uses and runs, or neither: %+v", name, s)
			}
			if s.Uses != "" && !regexp.MustCompile(`^[\w.-]+/[\w./-]+@v?\w+$`).MatchString(s.Uses) {
				t.Errorf("%s is no action of a version", s.Uses)
			}
			calls += checkCommands(t, s.Run, flags)
			if strings.Contains(s.Run, "-shard auto") && (s.Env["STRATEGY_JOB_INDEX"] != "${{ strategy.job-index }}" || s.Env["STRATEGY_JOB_TOTAL"] != "${{ strategy.job-total }}") {
				t.Errorf("-shard auto has no environment to look at: %+v", s.Env)
			}
		}
	}
	return calls
}

func TestTheFuzzingIsAWorkflow(t *testing.T) {
	var w workflow
	decode(t, "github/fuzz.yml", &w)
	checkJobs(t, &w, nil)
	if f := w.Jobs["fuzz"]; f == nil || len(f.Steps) != 2 || f.Steps[0].With["language"] != "go" {
		t.Errorf("it does not build the fuzzers of Go: %+v", f)
	}
}

func TestTheWorkflowIsOne(t *testing.T) {
	var w workflow
	decode(t, "github/hunt.yml", &w)
	calls := checkJobs(t, &w, bilsim(t))
	if h := w.Jobs["hunt"]; h == nil || len(h.Strategy.Matrix["shard"]) < 2 || h.Strategy.FailFast == nil || *h.Strategy.FailFast {
		t.Error("hunt is no matrix whose jobs all come to their ends")
	}
	if w.Permissions["contents"] != "read" || len(w.Permissions) != 1 || len(w.On) == 0 || calls != 2 {
		t.Errorf("permissions %v, started by %v, %d calls of bilsim", w.Permissions, w.On, calls)
	}
}

// A check that accepts everything would be none.
func TestMistakesAreSeen(t *testing.T) {
	for what, text := range map[string]string{"a field of another name": "spec: {completion: 8}", "no YAML": "spec: ["} {
		d := yaml.NewDecoder(strings.NewReader(text))
		d.KnownFields(true)
		if err := d.Decode(new(job)); err == nil {
			t.Errorf("%s is not seen", what)
		}
	}
}
