package bilateraltest

import "testing"

func TestTheEnvironmentChoosesWhatRuns(t *testing.T) {
	variables := map[string]string{"BILATERAL_SEED": "17", "BILATERAL_SEEDS": "10000", "BILATERAL_SCENARIO": "x.sim", "BILATERAL_HTML": "pages"}
	e, err := environmentOf(func(name string) string { return variables[name] })
	if err != nil || e.seed == nil || *e.seed != 17 || e.seeds != 10000 || e.scenario != "x.sim" || e.html != "pages" {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err = environmentOf(func(string) string { return "" }); err != nil || e != (environment{}) {
		t.Errorf("without any: %+v, %v", e, err)
	}
	for _, name := range []string{"BILATERAL_SEED", "BILATERAL_SEEDS"} {
		if _, err := environmentOf(func(n string) string { return map[string]string{name: "many"}[n] }); err == nil {
			t.Errorf("%s=many is taken", name)
		}
	}
}

func TestAFileIsNamedByItsTestAndSeed(t *testing.T) {
	if got := fileName("TestBank/with interest", 17, "sim"); got != "TestBank-with-interest-17.sim" {
		t.Error(got)
	}
}

// The labels of a profile say whose a goroutine is, and its first line which bubble it is in.
func TestStacksAreRead(t *testing.T) {
	const header = "goroutine 8 [sync.Mutex.Lock, 2 minutes, synctest bubble 12]:"
	if bubbleOf(header) != "12" || stateOf(header) != "sync.Mutex.Lock" {
		t.Errorf("bubble %q, state %q", bubbleOf(header), stateOf(header))
	}
	if got := bubbleOf("goroutine 1 [running]:"); got != "" {
		t.Errorf("one in no bubble is in %q", got)
	}
	const entry = "2 @ 0x1 0x2\n# labels: {\"bilateraltest of\":\"Go \\\"user\\\"\", \"bilateraltest run\":\"3\"}\n#\t0x1\tmain.leak+0x1d\t/x/main.go:7\n"
	if got := ownerOf(entry); got != `Go "user"` {
		t.Errorf("it is of %q", got)
	}
	if got := placesOf(entry); got != "  main.leak\n      /x/main.go:7\n" {
		t.Errorf("it is at %q", got)
	}
}
