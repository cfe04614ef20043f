package page

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// ErrNoPage says that a file is something else.
var ErrNoPage = errors.New("this is no page of a run")

// Read returns what a page that Write has written shows: its Replay, Static, Views, Play
// and Examples.
func Read(file []byte) (*Page, error) {
	_, data, found := bytes.Cut(file, []byte(dataBegin))
	data, _, ended := bytes.Cut(data, []byte("<"))
	if !found || !ended {
		return nil, ErrNoPage
	}
	packed, err := base64.StdEncoding.AppendDecode(nil, data)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	p := &Page{}
	return p, json.NewDecoder(z).Decode(p)
}

// dataBegin is what stands before the data in page.html.
const dataBegin = `<script type="text/plain" id="data">`
