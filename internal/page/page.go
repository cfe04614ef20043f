// Package page writes a run as one HTML file that needs no server and no network: the
// picture, and the simulation itself as WebAssembly, so that the run can be redone in the
// page with less in it.
//
// # Files
//
//	page.go     the file
//	bounded.go  the file, of no more than 3 MB
//	read.go     what a file shows, read back
//	wasm.go     the simulation for it, which is built when it is first needed
//
// The page's parts are page.html, page.css and the scripts, which become one: shim.js and
// engine.js run the simulation; scale.js, layout.js, draw.js, search.js and panels.js show
// a picture; bodies.js, words.js and story.js explain it; main.js and edit.js are what people do with it.
package page

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

//go:embed page.html page.css *.js
var files embed.FS

// scripts are the scripts of the page, in their order.
var scripts = [...]string{"shim.js", "engine.js", "scale.js", "search.js", "layout.js", "draw.js", "bodies.js", "words.js", "story.js", "panels.js", "main.js", "edit.js"}

// A View is a run that the page shows.
type View struct {
	Name    string // on its button
	Picture *picture.Picture
}

// An Example is a scenario to begin with.
type Example struct{ Name, Scenario string }

// A Page is what a file holds.
type Page struct {
	Title    string
	Replay   string    // the command that runs it again; may be empty
	Report   string    // the report as text; may be empty
	Views    []View    // one at least; the first one is shown first
	Play     bool      // with an editor, which starts with the first of Examples
	Examples []Example // for the editor
	// Wasm is the simulation, compressed by gzip; nil for a page that can run nothing
	// again. Static then says why, as a clause.
	Wasm   []byte
	Static string
}

// Write writes the file.
func Write(w io.Writer, p *Page) error {
	data, err := json.Marshal(struct {
		Replay, Static string
		Views          []View
		Play           bool
		Examples       []Example
	}{p.Replay, p.Static, p.Views, p.Play, p.Examples})
	if err != nil {
		return err
	}
	packed, err := compress(data)
	if err != nil {
		return err
	}
	text := func(name string) string {
		b, _ := files.ReadFile(name) // it is embedded
		return string(b)
	}
	var script strings.Builder
	script.WriteString("\"use strict\";\n(() => {\n")
	for _, name := range scripts {
		script.WriteString(text(name))
	}
	script.WriteString("start().catch((wrong) => {\n  byId(\"verdict\").textContent = \"This browser can't show the picture: \" + wrong.message;\n  throw wrong;\n});\n})();\n")
	t, err := template.New("page").Parse(text("page.html"))
	if err != nil {
		return err
	}
	return t.Execute(w, map[string]any{
		"Title": p.Title, "Report": p.Report, "Style": template.CSS(text("page.css")), "Script": template.JS(script.String()),
		"Data": template.HTML(base64.StdEncoding.EncodeToString(packed)), "Wasm": template.HTML(base64.StdEncoding.EncodeToString(p.Wasm)),
	})
}

// compress returns bytes compressed by gzip.
func compress(b []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(b); err != nil {
		return nil, err
	}
	err = z.Close()
	return out.Bytes(), err
}
