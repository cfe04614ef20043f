package debugbilateral_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/debugbilateral"
)

var echo = bilateralrpc.NewMethod[string, string]("Echo.Say")

// stage is a node with peers of every kind, and the address of its page.
type stage struct {
	url    string
	leaver *bilateralrpc.Bilateral // a peer that is up
	hub    *bilateralrpc.Bilateral
}

// newStage makes a hub with two live peers, one that has left, and one that can't be reached.
func newStage(t *testing.T, config func(name string) bilateralrpc.Config) *stage {
	hub := newNode(t, config("hub"), "tcp://127.0.0.1:*")
	handler := debugbilateral.Handler(hub)
	steady, leaver, gone := newNode(t, config("steady"), "tcp://127.0.0.1:*"), newNode(t, config("leaver")), newNode(t, config("gone"))
	join(t, gone, hub)
	gone.Close()
	join(t, leaver, hub)
	join(t, hub, steady)
	if err := echo.Cast(t.Context(), hub, bilateralrpc.SendToAll, "hello"); err != nil {
		t.Fatal(err)
	}
	if _, err := echo.All(t.Context(), leaver, bilateralrpc.SendToAll, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := hub.ConnectTo(config("far").PublicKey+config("far").Name, "tcp://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/bilateral/", http.StripPrefix("/debug/bilateral", handler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(hub.Close) // before the server, which would wait for the streams
	return &stage{url: server.URL + "/debug/bilateral/", leaver: leaver, hub: hub}
}

// keyed returns a maker of configurations with keys, the same for the same name.
func keyed(t *testing.T) func(string) bilateralrpc.Config {
	made := make(map[string]bilateralrpc.Config)
	alias := make(map[string]string)
	return func(name string) bilateralrpc.Config {
		if c, ok := made[name]; ok {
			return c
		}
		public, private, err := bilateralrpc.NewKeypair()
		if err != nil {
			t.Fatal(err)
		}
		if name != "far" {
			alias[public] = name
		}
		made[name] = bilateralrpc.Config{PublicKey: public, PrivateKey: private, Alias: func(key string) string { return alias[key] }}
		return made[name]
	}
}

func plaintext(name string) bilateralrpc.Config { return bilateralrpc.Config{Name: name + "<b>&"} }

// The page in a real browser: it shows the peers, keeps to its policy, fits, and is live.
func TestThePageInABrowser(t *testing.T) {
	b := newBrowser(t)
	for _, mechanism := range []struct {
		name   string
		config func(string) bilateralrpc.Config
	}{{"plaintext", plaintext}, {"CURVE", keyed(t)}} {
		t.Run(mechanism.name, func(t *testing.T) {
			defer func(outer *testing.T) { b.t = outer }(b.t)
			b.t = t
			s := newStage(t, mechanism.config)
			for _, width := range []int{390, 1280} {
				for _, scheme := range []string{"light", "dark"} {
					name := fmt.Sprintf("%s %d %s", mechanism.name, width, scheme)
					b.open(s.url, width, scheme)
					b.until(`document.querySelector("#live[data-live]")`)
					b.until(`document.querySelectorAll("tr.up").length === 2`)
					b.until(`document.querySelector("tr.down .error").innerText.includes("127.0.0.1:1")`)
					if got := eval[int](b, "document.documentElement.scrollWidth"); got > width {
						t.Errorf("%s: the page is %d wide", name, got)
					}
					if back := eval[string](b, "getComputedStyle(document.body).backgroundColor"); (back == "rgb(18, 20, 23)") != (scheme == "dark") {
						t.Errorf("%s: the background is %s", name, back)
					}
					b.keep(name)
				}
			}
			// It is live, and what has the focus keeps it.
			eval[bool](b, `document.querySelector(".scroll").focus(), window.first = document.querySelector("#log li[data-key='1']"), true`)
			s.leaver.Close()
			b.until(`document.querySelectorAll("tr.up").length === 1`)
			b.until(`document.querySelector("#log li.down .what").innerText.includes("parted")`)
			if !eval[bool](b, `document.activeElement.className === "scroll" && window.first === document.querySelector("#log li[data-key='1']")`) {
				t.Error("the page was made anew, and not only what has changed")
			}
			s.hub.Close()
			b.until(`document.querySelector("[role=alert]").innerText.includes("does not work")`)
			b.until(`document.getElementById("live").innerText === "closed"`)
			b.keep(mechanism.name + " closed")
			for _, problem := range b.problems {
				t.Errorf("the browser complains: %s", problem)
			}
		})
	}
}
