package debugbilateral_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/debugbilateral"
)

// The page of a node with a Recorder leads to its recording; that of another one does not.
func TestTheRecordingIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, recorder := range map[string]*bilateralrpc.Recorder{"with": bilateralrpc.NewRecorder(bilateralrpc.RecorderConfig{}), "without": nil} {
			h := debugbilateral.Handler(newNode(t, bilateralrpc.Config{Name: name, Recorder: recorder}))
			page := ask(h, "GET", "/").Body.String()
			if got := strings.Contains(page, `href="recording"`); got != (recorder != nil) {
				t.Errorf("%s a recorder, the page leads to a recording: %v", name, got)
			}
			answer := ask(h, "GET", "/recording")
			if recorder == nil {
				if answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), "Config.Recorder") {
					t.Errorf("%d %s", answer.Code, answer.Body)
				}
				continue
			}
			if answer.Code != http.StatusOK || !strings.HasPrefix(answer.Body.String(), "bilateral recording 3\n") ||
				!strings.HasPrefix(answer.Header().Get("Content-Disposition"), "attachment") {
				t.Errorf("%d %v %.40q", answer.Code, answer.Header(), answer.Body)
			}
			if head := ask(h, "HEAD", "/recording"); head.Code != http.StatusOK || head.Body.Len() != 0 {
				t.Errorf("HEAD: %d, %d bytes", head.Code, head.Body.Len())
			}
		}
	})
}
