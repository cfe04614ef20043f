package debugbilateral

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

//go:embed page.html
var pageText string

//go:embed page.css
var css string

//go:embed page.js
var js string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"shown": shown, "short": short, "at": at, "exact": exact, "seconds": seconds,
}).Parse(pageText))

// policy allows the page what it consists of, and nothing else: no other script or style
// runs, whatever a peer calls itself.
var policy = "default-src 'none'; script-src '" + hashOf(js) + "'; style-src '" + hashOf(css) + "'; " +
	"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// view is what the page is made from.
type view struct {
	*State
	CSS    template.CSS
	JS     template.JS
	Groups []group
	Active int // peers
	More   int // peers that are not on the page
	Shown  []Peer
}

// rowsMax bounds the rows of the page. The others are in /state.
const rowsMax = 500

func render(w io.Writer, s *State) error {
	v := view{State: s, CSS: template.CSS(css), JS: template.JS(js), Groups: groups(s.Counters), Shown: s.Peers}
	for i := range s.Peers {
		if s.Peers[i].Active {
			v.Active++
		}
	}
	if len(v.Shown) > rowsMax {
		v.Shown, v.More = v.Shown[:rowsMax], len(v.Shown)-rowsMax
	}
	return page.Execute(w, &v)
}

// Kind is the word that the row of a peer is marked with.
func (p *Peer) Kind() string {
	switch {
	case p.Active:
		return "up"
	case p.Address != "":
		return "down"
	}
	return "gone"
}

// shown is s with all that can't be seen, or turns text around, written out.
func shown(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}

// short is enough of a long name to tell it from others: a key has 40 characters.
func short(s string) string {
	const head, tail = 12, 4
	s = shown(s)
	if utf8.RuneCountInString(s) <= 32 {
		return s
	}
	r := []rune(s)
	return string(r[:head]) + "…" + string(r[len(r)-tail:])
}

// at is a time as people read it: the hour alone if it is of the day of now.
func at(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04:05") + " UTC"
	}
	return t.Format("2 Jan 2006 15:04") + " UTC"
}

func exact(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// seconds is a duration with three digits.
func seconds(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.3g µs", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.3g ms", s*1e3)
	}
	return fmt.Sprintf("%.3g s", s)
}
