package main

import (
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/live"
)

func TestMain(m *testing.M) {
	switch played, err := roleMain(); {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case played:
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// shortMax is after what time no rig is struck any more.
const shortMax = 40 * time.Second

// A short campaign on every form of rig: nothing is wrong, doubled,
// stuck or left over. How long anything takes is not looked at.
func TestShortCampaign(t *testing.T) {
	if !live.Supported {
		t.Skip("it needs Linux")
	}
	for _, transport := range transportNames {
		t.Run(transport, func(t *testing.T) {
			if !available(transport) {
				t.Skipf("%s is not built in", transport)
			}
			o := options{run: regexp.MustCompile(""), transport: transport, seed: 1, faults: 60, rigs: 6, duration: shortMax, untimed: true}
			rigs, text, err := campaign(t.Context(), &o)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(text)
			done := 0
			for _, r := range rigs {
				done += len(r.results)
				for _, trouble := range r.troubles {
					t.Error(trouble)
				}
			}
			if done == 0 {
				t.Error("no fault was carried out")
			}
		})
	}
}
