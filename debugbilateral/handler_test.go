package debugbilateral_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/debugbilateral"
)

func TestStateHasWhatTheNodeTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newNode(t, bilateralrpc.Config{Name: "hub", Network: "home"}, "inproc://told-as-json")
		h := debugbilateral.Handler(hub)
		join(t, newNode(t, bilateralrpc.Config{Name: "guest", Network: "home"}), hub)
		if err := hub.ConnectTo("far", "inproc://nobody-there"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var got debugbilateral.State
		if err := json.Unmarshal(ask(h, "GET", "/state").Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if n := got.Node; n.Name != "hub" || n.Network != "home" || n.Encrypted || n.Transport != "zmtp" || n.Closed ||
			len(n.Addresses) != 1 || n.Addresses[0] != "inproc://told-as-json" || got.Time.IsZero() {
			t.Errorf("the node is told as %+v at %v", n, got.Time)
		}
		want := hub.Peers()
		if len(got.Peers) != 2 || len(want) != 2 {
			t.Fatalf("%d peers are told of %d, want 2", len(got.Peers), len(want))
		}
		for i, p := range got.Peers {
			w := want[i]
			if p.Name != w.Name || p.Active != w.Active || p.Ours != w.Ours || p.Address != w.Address || p.From != w.From ||
				!p.Since.Equal(w.Since) || p.RoundTrip != w.RoundTrip.Seconds() || p.Pending != w.Pending ||
				p.Dialling != string(w.Dialling) || p.Listening != string(w.Listening) || p.Backoff != w.Backoff || !p.NextDial.Equal(w.NextDial) || p.State == "" {
				t.Errorf("the peer is told as %+v, want %+v", p, w)
			}
		}
		stats := hub.Stats()
		in, _ := got.Counters["frames_in"].(map[string]any)
		if got.Counters["active_peers"] != 1.0 || in["join"] != float64(stats.FramesIn.Join) || stats.FramesIn.Join == 0 {
			t.Errorf("the counters are %v, want those of %+v", got.Counters, stats)
		}
		if len(got.Events) != 1 || got.Events[0].Kind != "up" || got.Events[0].Name != "guest" || got.Events[0].N != 1 {
			t.Errorf("the events are %+v, want that guest came", got.Events)
		}
	})
}

// Whoever waits for a peer sees how long the node will.
func TestThePageSaysWhenAPeerIsDialledNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newNode(t, bilateralrpc.Config{Name: "hub"})
		h := debugbilateral.Handler(hub)
		if err := hub.ConnectTo("far", "inproc://nobody-is-there"); err != nil {
			t.Fatal(err)
		}
		for hub.Peers()[0].Backoff == 0 {
			if page := ask(h, "GET", "/").Body.String(); hub.Peers()[0].NextDial.IsZero() == strings.Contains(page, "dials at") {
				t.Fatalf("in the state %s the page is wrong: %s", hub.Peers()[0].Dialling, page)
			}
			time.Sleep(time.Second)
		}
		next := hub.Peers()[0].NextDial.UTC()
		var state debugbilateral.State
		if err := json.Unmarshal(ask(h, "GET", "/state").Body.Bytes(), &state); err != nil || !state.Peers[0].NextDial.Equal(next) || next.Before(state.Time) {
			t.Errorf("the state says %v, %v, want %v, which is to come", state.Peers[0].NextDial, err, next)
		}
		if page := ask(h, "GET", "/").Body.String(); !strings.Contains(page, "dials at <time datetime=\""+next.Format(time.RFC3339)+"\"") {
			t.Errorf("the page does not say that it dials at %v: %s", next, page)
		}
	})
}

// Nobody who chooses a name can have the page run it, hide in it, or break it.
func TestHostileNamesAreText(t *testing.T) {
	const name = `<script>alert("1")</script>'` + "\xff\u202e\n"
	synctest.Test(t, func(t *testing.T) {
		hub := newNode(t, bilateralrpc.Config{Name: "<b>hub", Network: `"><img src=x onerror=alert(1)>`}, "inproc://hostile-names")
		h := debugbilateral.Handler(hub)
		join(t, newNode(t, bilateralrpc.Config{Name: name, Network: `"><img src=x onerror=alert(1)>`}), hub)
		if err := hub.ConnectTo("</script><script>far\xff", "inproc://</td><b>nobody"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stream := listen(t, h)
		synctest.Wait()
		for what, body := range map[string]string{
			"the page": ask(h, "GET", "/").Body.String(), "/state": ask(h, "GET", "/state").Body.String(), "/events": stream.text(),
		} {
			for _, bad := range []string{"<script>alert", "<b>", "<img", "<script>far", "\xff", "\u202e"} {
				if strings.Contains(body, bad) && (what == "the page" || bad != "\u202e") {
					t.Errorf("%s has %q:\n%s", what, bad, body)
				}
			}
			if !strings.Contains(body, "alert(") {
				t.Errorf("%s does not show the name:\n%s", what, body)
			}
		}
		if page := ask(h, "GET", "/").Body.String(); !strings.Contains(page, `\u202e\n`) {
			t.Errorf("what turns text around is not written out:\n%s", page)
		}
		if n := strings.Count(stream.text(), "\n"); n != 5 { // retry, an empty line, event, data, an empty line
			t.Errorf("the event has %d lines:\n%s", n, stream.text())
		}
	})
}

func TestAClosedNodeStillAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newNode(t, bilateralrpc.Config{Name: "hub"}, "inproc://closed-page")
		h := debugbilateral.Handler(hub)
		join(t, newNode(t, bilateralrpc.Config{Name: "guest"}), hub)
		hub.Close()
		synctest.Wait()
		page := ask(h, "GET", "/").Body.String()
		for _, want := range []string{"This node does not work.", "closed", "data-closed", "guest"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page of a closed node has no %q:\n%s", want, page)
			}
		}
		var got debugbilateral.State
		if err := json.Unmarshal(ask(h, "GET", "/state").Body.Bytes(), &got); err != nil || !got.Node.Closed || got.Node.Error == "" {
			t.Errorf("its state is %+v, %v", got.Node, err)
		}
		if len(got.Events) != 2 || got.Events[0].Kind != "down" || got.Events[0].Cause != "closed" {
			t.Errorf("its events are %+v, want the end of guest first", got.Events)
		}
		if text := listen(t, h).wait(); !strings.Contains(text, `"closed":true`) {
			t.Errorf("its stream is %s", text)
		}
		broken := debugbilateral.Handler(bilateralrpc.NewPlaintext("network", ""))
		if page := ask(broken, "GET", "/").Body.String(); !strings.Contains(page, "This node does not work.") {
			t.Errorf("the page of a node that was never made is\n%s", page)
		}
	})
}

func TestMethodsAndHeaders(t *testing.T) {
	node := newNode(t, bilateralrpc.Config{Name: "hub"})
	h := debugbilateral.Handler(node)
	for _, path := range []string{"/", "/state", "/events", "/nothing"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
			if w := ask(h, method, path); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow: %q", method, path, w.Code, w.Header().Get("Allow"))
			}
		}
		w := ask(h, "HEAD", path)
		if w.Body.Len() > 0 && path != "/nothing" || (w.Code == http.StatusOK) != (path != "/nothing") {
			t.Errorf("HEAD %s: %d, %q", path, w.Code, w.Body)
		}
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "frame-ancestors 'none'",
		} {
			if got := w.Header().Get(header); !strings.Contains(got, want) {
				t.Errorf("HEAD %s: %s is %q, want %q", path, header, got, want)
			}
		}
	}
	mounted := http.StripPrefix("/debug/node", h)
	if w := ask(mounted, "GET", "/debug/node?x=/y"); w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "./node/" {
		t.Errorf("without its slash: %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := ask(mounted, "GET", "/debug/node/"); w.Code != http.StatusOK {
		t.Errorf("mounted below a prefix: %d", w.Code)
	}
}

// The page has its own script and style, which its policy names by what they are, and no
// address but those of its own folder.
func TestThePageIsSelfContained(t *testing.T) {
	w := ask(debugbilateral.Handler(newNode(t, bilateralrpc.Config{Name: "hub"})), "GET", "/")
	page, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
	for _, tag := range []string{"script", "style"} {
		found := regexp.MustCompile(`(?s)<`+tag+`>(.*?)</`+tag+`>`).FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("the page has %d of <%s>, want 1", len(found), tag)
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		if want := tag + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, want) {
			t.Errorf("the policy is %q, want %q in it", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
		t.Errorf("the policy is %q", policy)
	}
	for _, attr := range regexp.MustCompile(`(?:href|src|action)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if attr[1] != "state" && attr[1] != "data:," {
			t.Errorf("the page asks for %q", attr[1])
		}
	}
	for _, empty := range []string{"No peers yet", "Nothing yet", "it only dials", "No call has ended yet"} {
		if !strings.Contains(page, empty) {
			t.Errorf("the page of a node that has nothing does not say %q", empty)
		}
	}
}
