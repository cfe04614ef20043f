package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// shard is part i of n of a hunt, from 0.
type shard struct{ i, n uint64 }

func (s shard) String() string { return fmt.Sprintf("%d/%d", s.i, s.n) }

// shardFlag reads the flag -shard: I/N, or auto for what the environment says. by names
// the variables that were taken.
func (c *console) shardFlag(s string) (part shard, by string, err error) {
	if s == "auto" {
		return autoShard(c.env)
	}
	part, ok := parseShard(s)
	if !ok {
		return shard{}, "", fmt.Errorf("-shard is auto or I/N with I < N, not %q", s)
	}
	return part, "", nil
}

func parseShard(s string) (shard, bool) {
	a, b, ok := strings.Cut(s, "/")
	i, errA := strconv.ParseUint(a, 10, 32)
	n, errB := strconv.ParseUint(b, 10, 32)
	return shard{i, n}, ok && errA == nil && errB == nil && i < n
}

// A divider is a system that starts a job many times, and tells each which one it is.
type divider struct {
	name, index, total string // variables
	first              uint64 // of indices
	missing            string // what to do if the total is not there
}

var dividers = [...]divider{
	{"Kubernetes", "JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", 0, "Indexed Jobs set the first one only: let the manifest set the other to its completions, as deploy/kubernetes/hunt.yaml does"},
	{"GitHub", "STRATEGY_JOB_INDEX", "STRATEGY_JOB_TOTAL", 0, "let the workflow set both from strategy.job-index and strategy.job-total, as deploy/github/hunt.yml does"},
	{"GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1, "let the job have parallel: N"},
	{"Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0, "let the step have parallelism: N"},
	{"CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0, "let the job have parallelism: N"},
	{"Slurm", "SLURM_PROCID", "SLURM_NTASKS", 0, "start it with srun -n N"},
}

// slurmArray is the variable that a task of a job array of Slurm has.
const slurmArray = "SLURM_ARRAY_TASK_ID"

// autoShard takes the shard from what the environment says. If two systems say one each,
// it takes neither.
func autoShard(env func(string) string) (part shard, by string, err error) {
	for _, d := range dividers {
		var s shard
		var from string
		var err error
		switch {
		case d.name == "Slurm" && env(slurmArray) != "":
			s, from, err = d.array(env)
		case env(d.index) != "":
			s, from, err = d.shard(env)
		default:
			continue
		}
		if err != nil {
			return shard{}, "", err
		}
		if by != "" {
			return shard{}, "", fmt.Errorf("-shard auto: %s says shard %v, %s says %v: say which with -shard I/N", by, part, from, s)
		}
		part, by = s, from
	}
	if by == "" {
		var names []string
		for _, d := range dividers {
			names = append(names, d.index)
		}
		return shard{}, "", fmt.Errorf("-shard auto: none of %s or %s is set: say which with -shard I/N", strings.Join(names, ", "), slurmArray)
	}
	return part, by, nil
}

// shard reads both variables.
func (d *divider) shard(env func(string) string) (s shard, by string, err error) {
	if env(d.total) == "" {
		return shard{}, "", fmt.Errorf("-shard auto: %s is set and %s is not: %s", d.index, d.total, d.missing)
	}
	i, errI := strconv.ParseUint(env(d.index), 10, 32)
	n, errN := strconv.ParseUint(env(d.total), 10, 32)
	if errI != nil || errN != nil || i < d.first || i-d.first >= n {
		return shard{}, "", fmt.Errorf("-shard auto: %s=%s and %s=%s are no part of a whole", d.index, env(d.index), d.total, env(d.total))
	}
	return shard{i - d.first, n}, fmt.Sprintf("%s (%s=%d, %s=%d)", d.name, d.index, i, d.total, n), nil
}

// array reads the variables of a job array, each task of which may be several processes.
func (d *divider) array(env func(string) string) (s shard, by string, err error) {
	read := func(name string) (n uint64) {
		text := env("SLURM_ARRAY_TASK_" + name)
		if name == "STEP" && text == "" {
			return 1
		}
		n, wrong := strconv.ParseUint(text, 10, 32)
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("-shard auto: SLURM_ARRAY_TASK_%s=%s is no number", name, text))
		}
		return n
	}
	id, low, high, count, step := read("ID"), read("MIN"), read("MAX"), read("COUNT"), read("STEP")
	switch {
	case err != nil:
		return shard{}, "", err
	case step == 0 || id < low || id > high || (id-low)%step != 0 || (high-low)/step+1 != count:
		return shard{}, "", fmt.Errorf("-shard auto: the ids of Slurm's array are not evenly spaced from %d to %d: say which with -shard I/N", low, high)
	}
	s = shard{(id - low) / step, count}
	by = fmt.Sprintf("Slurm (%s=%d of %d..%d)", slurmArray, id, low, high)
	if env(d.index) != "" {
		task, tasks, err := d.shard(env)
		if err != nil {
			return shard{}, "", err
		}
		if task.n > 1 {
			s = shard{s.i*task.n + task.i, s.n * task.n}
			by += " with " + tasks
		}
	}
	return s, by, nil
}
