package tidy

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// actionStep is a step of action.yml: what stands behind each key, those of "env" and
// "with" included.
type actionStep map[string]string

// actionOf returns the names of the inputs of action.yml, and its steps. It reads what that
// file has of YAML, and no more.
func actionOf(t *testing.T) (inputs map[string]bool, steps []actionStep) {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	inputs = map[string]bool{}
	section := ""
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(strings.TrimRight(line, "\n"), " # ")
		bare := strings.TrimLeft(line, " ")
		indent := len(line) - len(bare)
		if bare == "" || bare[0] == '#' {
			continue
		}
		step, begins := strings.CutPrefix(bare, "- ")
		key, value, _ := strings.Cut(step, ":")
		value = strings.TrimSpace(value)
		if len(value) > 1 && value[0] == '\'' {
			value = strings.Trim(value, "'")
		}
		switch {
		case indent == 0:
			section = key
		case section == "inputs" && indent == 2:
			inputs[key] = true
		case begins:
			steps = append(steps, actionStep{key: value})
		case section == "runs" && len(steps) > 0:
			steps[len(steps)-1][key] = value
		}
	}
	return inputs, steps
}

var (
	actionInput = regexp.MustCompile(`inputs\.(\w+)`)
	actionUse   = regexp.MustCompile(`^actions/[a-z-]+@v\d+$`)
)

// What GitHub demands of a composite action: a step runs something in a shell that it names,
// or uses something of a version; inputs are there, and outputs of steps that have an id.
func TestTheActionIsOne(t *testing.T) {
	inputs, steps := actionOf(t)
	if len(inputs) < 5 || len(steps) < 4 {
		t.Fatalf("inputs %v, %d steps", inputs, len(steps))
	}
	ids := map[string]bool{}
	for i, step := range steps {
		switch run, use := step["run"], step["uses"]; {
		case (run == "") == (use == ""):
			t.Errorf("step %d runs and uses, or neither: %v", i, step)
		case run != "" && step["shell"] != "bash":
			t.Errorf("step %d has no shell, which only a workflow has by default: %v", i, step)
		case use != "" && !actionUse.MatchString(use):
			t.Errorf("step %d uses %q, want a version", i, use)
		}
		for key, value := range step {
			for _, name := range actionInput.FindAllStringSubmatch(value, -1) {
				if !inputs[name[1]] {
					t.Errorf("step %d, %s: there is no input %s", i, key, name[1])
				}
			}
			if _, of, is := strings.Cut(value, "steps."); is {
				if id, _, _ := strings.Cut(of, "."); !ids[id] {
					t.Errorf("step %d, %s: no step before it is %s", i, key, id)
				}
			}
		}
		ids[step["id"]] = true
	}
}

// runAction runs the steps of the action that run something, as a job does in a folder.
func runAction(t *testing.T, folder string, with map[string]string) (status int, log, outputs string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(t.TempDir(), "outputs")
	_, steps := actionOf(t)
	for _, step := range steps {
		if step["run"] == "" {
			continue
		}
		c := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
		c.Dir = folder
		c.Env = append(os.Environ(), "GITHUB_ACTION_PATH="+root, "GITHUB_OUTPUT="+output, "GITHUB_ACTIONS=true")
		for key, value := range step {
			if name, is := strings.CutPrefix(value, "${{ inputs."); is && strings.ToUpper(key) == key {
				c.Env = append(c.Env, key+"="+with[strings.TrimSuffix(name, " }}")])
			}
		}
		out, err := c.CombinedOutput()
		log += string(out)
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return status, log, string(text)
}

// In a copy of a project with a scenario that fails, the action says where, leaves what it
// found, and ends with the worst status; where nothing fails it ends well.
func TestTheActionRuns(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const holds = "bilsim 1\nseed 1\npeers a b\nat 0s connect a -> b\nexpect linked a b within 10s of start\n"
	write("holds.sim", holds)
	write("fails.sim", strings.Replace(holds, "expect", "at 1s partition {a} | {b} for 60s\nexpect active a b at 20s\n#", 1))
	with := map[string]string{"scenarios": "*.sim", "minutes": "0", "campaign": "c", "output": "found"}
	status, log, outputs := runAction(t, folder, with)
	if status != 1 || !strings.Contains(log, "::error file=fails.sim,line=") {
		t.Errorf("status %d\n%s", status, log)
	}
	if !strings.HasPrefix(outputs, "version=1.") {
		t.Errorf("the outputs are %q, want a version of Go", outputs)
	}
	for _, name := range []string{"scenarios.xml", "fails-seed1.html", "fails-seed1.sim", "fails-seed1.txt"} {
		if info, err := os.Stat(filepath.Join(folder, "found", name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	with["scenarios"] = "holds.sim"
	if status, log, _ := runAction(t, folder, with); status != 0 {
		t.Errorf("status %d\n%s", status, log)
	}
	with["scenarios"] = "none*.sim"
	if status, log, _ := runAction(t, folder, with); status != 2 || !strings.Contains(log, "no file is called none*.sim") {
		t.Errorf("status %d\n%s", status, log)
	}
}
