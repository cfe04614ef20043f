package bilateralrpc

import (
	"errors"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// The memory of a decoded reply is charged to the peer it came from, before it is
// decoded; one that is refused is no row but an error, and the others are not concerned.
func TestRepliesAreCharged(t *testing.T) {
	body, err := gobcodec.Append(nil, strings.Repeat("r", 1000))
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []zmqio.Outcome
	for _, peer := range []string{"rich", "poor", "uncounted"} {
		outcomes = append(outcomes, zmqio.Outcome{Peer: peer, How: core.Replied, Body: body})
	}
	var results []struct{ From, Reply string }
	rows, err := rowsOf(&results, valueBytesMaxDefault)
	if err != nil {
		t.Fatal(err)
	}
	errBroke := errors.New("no memory left")
	charged := make(map[string]int64)
	rows.charge = func(o *zmqio.Outcome) func(int64) error {
		if o.Peer == "uncounted" {
			return nil
		}
		return func(bytes int64) error {
			charged[o.Peer] += bytes
			if o.Peer == "poor" {
				return errBroke
			}
			return nil
		}
	}
	bad := rows.fill(outcomes)
	if len(results) != 2 || results[0].From != "rich" || results[1].From != "uncounted" {
		t.Errorf("rows %+v, want those of rich and uncounted", results)
	}
	if len(bad) != 1 || !errors.Is(bad[1], errBroke) || !errors.Is(bad[1], ErrBadReply) {
		t.Errorf("bad replies %v, want that of poor, with the error of its account", bad)
	}
	if charged["rich"] < 1000 {
		t.Errorf("charged %v, want 1,000 bytes or more to rich", charged)
	}
}
