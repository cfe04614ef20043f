package main

import (
	"strings"
	"testing"
)

func TestAShardComesFromTheEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  string // NAME=VALUE, apart by blanks
		want string // the shard and a part of what it was taken by; or of the error
	}{
		{"JOB_COMPLETION_INDEX=2 JOB_COMPLETIONS=5", "2/5 Kubernetes"},
		{"JOB_COMPLETION_INDEX=2", "deploy/kubernetes/hunt.yaml"},
		{"STRATEGY_JOB_INDEX=0 STRATEGY_JOB_TOTAL=4 GITHUB_ACTIONS=true", "0/4 GitHub"},
		{"STRATEGY_JOB_INDEX=0", "strategy.job-total"},
		{"CI_NODE_INDEX=1 CI_NODE_TOTAL=3", "0/3 GitLab"},
		{"CI_NODE_INDEX=3 CI_NODE_TOTAL=3", "2/3 GitLab"},
		{"CI_NODE_INDEX=0 CI_NODE_TOTAL=3", "no part of a whole"},
		{"CI_NODE_TOTAL=1", "none of"}, // GitLab sets it without parallel, too
		{"BUILDKITE_PARALLEL_JOB=7 BUILDKITE_PARALLEL_JOB_COUNT=8", "7/8 Buildkite"},
		{"BUILDKITE_PARALLEL_JOB=8 BUILDKITE_PARALLEL_JOB_COUNT=8", "no part of a whole"},
		{"CIRCLE_NODE_INDEX=0 CIRCLE_NODE_TOTAL=1", "0/1 CircleCI"},
		{"CIRCLE_NODE_INDEX=x CIRCLE_NODE_TOTAL=1", "no part of a whole"},
		{"SLURM_PROCID=3 SLURM_NTASKS=4", "3/4 Slurm"},
		{"SLURM_ARRAY_TASK_ID=12 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_MAX=13 SLURM_ARRAY_TASK_COUNT=4", "2/4 Slurm"},
		{"SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=6 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_STEP=2", "2/4 Slurm"},
		{"SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=4 SLURM_ARRAY_TASK_COUNT=3", "not evenly spaced"},
		{"SLURM_ARRAY_TASK_ID=3", "is no number"},
		{"SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=1 SLURM_ARRAY_TASK_COUNT=2 SLURM_PROCID=0 SLURM_NTASKS=1", "1/2 Slurm"},
		{"SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=1 SLURM_ARRAY_TASK_COUNT=2 SLURM_PROCID=2 SLURM_NTASKS=3", "5/6 Slurm"},
		{"JOB_COMPLETION_INDEX=0 JOB_COMPLETIONS=8 CI_NODE_INDEX=2 CI_NODE_TOTAL=4", "Kubernetes (JOB_COMPLETION_INDEX=0, JOB_COMPLETIONS=8) says shard 0/8, GitLab (CI_NODE_INDEX=2, CI_NODE_TOTAL=4) says 1/4"},
		{"", "none of JOB_COMPLETION_INDEX, STRATEGY_JOB_INDEX"},
	} {
		env := map[string]string{}
		for pair := range strings.FieldsSeq(c.env) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		part, by, err := autoShard(func(name string) string { return env[name] })
		got := part.String() + " " + by
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.env, got, c.want)
		}
	}
}
