package explore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// A saved search is a line that names its version, then what it is a search through (the
// scenario as text, the options that decide something, the label), how far it has come
// (counts, the state that is next), the states as steps, the hashes of the states, and the
// SHA-256 of all that. Numbers are uvarints, hashes eight bytes.

const (
	savedTitle   = "bilsim explore, saved, version "
	savedVersion = "1"
)

// What a search can't go on from.
var (
	errNotSaved = errors.New("explore: this is no saved search")
	errDamaged  = errors.New("explore: the saved search is damaged")
	errNotFound = errors.New("explore: only a search that was stopped can be saved")
	errChanged  = errors.New("explore: the saved search has come to a state that is not there any more: the core, the world or the fingerprint has changed since")
)

// Save writes a search that was stopped, for Resume to go on with. Worlds are not in it: a
// state takes some 12 bytes.
func (r *Result) Save(to io.Writer) error {
	if r.search == nil {
		return errNotFound
	}
	_, err := to.Write(r.search.appendSaved(nil))
	return err
}

// Resume goes on with a search that was saved, and ends as it would have ended if it had not
// been stopped. The scenario and the options that decide what is tried are to be the same;
// bounds may be others. An error says what does not fit, or what is wrong with the file.
func Resume(s *sim.Scenario, o Options, from io.Reader) (*Result, error) {
	p, err := newPlan(s)
	if err != nil {
		return nil, err
	}
	e := newSearch(p, s, o)
	if err := e.resume(from); err != nil {
		return nil, err
	}
	return e.result()
}

// resume has the search be as far as a saved one.
func (e *search) resume(from io.Reader) error {
	file, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	if err := e.read(file); err != nil {
		return err
	}
	return e.recognise()
}

// appendSaved appends the search as it is saved.
func (e *search) appendSaved(dst []byte) []byte {
	dst = append(dst, savedTitle+savedVersion+"\n"...)
	dst = appendText(dst, sim.Format(e.scenario))
	dst = appendText(dst, e.o.decisive())
	dst = appendText(dst, e.o.Label)
	for _, n := range e.r.Counts.fields() {
		dst = binary.AppendUvarint(dst, *n)
	}
	for _, n := range [...]int{e.r.Depth, e.next, e.taken, len(e.nodes.parent)} {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	before := uint32(0)
	for i, parent := range e.nodes.parent { // which never falls
		choices := e.nodes.step(uint32(i))
		dst = binary.AppendUvarint(dst, uint64(parent-before))
		dst = binary.AppendUvarint(dst, uint64(len(choices)))
		dst = append(dst, choices...)
		before = parent
	}
	hashes := slices.DeleteFunc(slices.Clone(e.seen.cells), func(hash uint64) bool { return hash == 0 })
	slices.Sort(hashes) // so that one search is saved in one way
	for _, hash := range hashes {
		dst = binary.LittleEndian.AppendUint64(dst, hash)
	}
	sum := sha256.Sum256(dst)
	return append(dst, sum[:]...)
}

// appendText appends a text and its length.
func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// fields are the counts that are saved as they are.
func (c *Counts) fields() [5]*uint64 {
	return [...]*uint64{&c.States, &c.Steps, &c.Again, &c.Pruned, &c.Settled}
}

// decisive names the options that decide what is tried.
func (o *Options) decisive() string {
	words := make([]string, 0, 2)
	if o.AllOrders {
		words = append(words, "all orders")
	}
	if o.Safety {
		words = append(words, "safety only")
	}
	return strings.Join(words, ", ")
}

// read reads a saved search into one that has yet to begin.
func (e *search) read(file []byte) error {
	title, body, _ := bytes.Cut(file, []byte("\n"))
	version, ours := strings.CutPrefix(string(title), savedTitle)
	switch {
	case !ours:
		return errNotSaved
	case version != savedVersion:
		return fmt.Errorf("explore: it was saved in version %.20q, and this reads version %s", version, savedVersion)
	case len(body) < sha256.Size:
		return errDamaged
	}
	all := file[:len(file)-sha256.Size]
	if sum := sha256.Sum256(all); !bytes.Equal(sum[:], file[len(all):]) {
		return errDamaged
	}
	d := decoder{rest: body[:len(body)-sha256.Size]}
	if err := e.fits(d.text(), d.text(), d.text()); err != nil && !d.bad {
		return err
	}
	for _, n := range e.r.Counts.fields() {
		*n = d.number()
	}
	e.r.Depth, e.next, e.taken = d.int(), d.int(), d.int()
	e.readTree(&d)
	before := uint64(0)
	for range len(e.nodes.parent) {
		hash := d.hash()
		if d.bad || hash <= before {
			return errDamaged
		}
		e.seen.add(hash)
		before = hash
	}
	if d.bad || len(d.rest) > 0 || e.next > len(e.nodes.parent) || e.r.States != e.seen.n {
		return errDamaged
	}
	return nil
}

// readTree reads the states as steps.
func (e *search) readTree(d *decoder) {
	n := d.int()
	if n == 0 || n > len(d.rest) { // each takes more than a byte
		d.bad = true
		return
	}
	parent := uint64(0)
	for i := range n {
		parent += d.number()
		choices := d.bytes()
		if d.bad || parent >= uint64(max(i, 1)) {
			d.bad = true
			return
		}
		e.nodes.add(uint32(parent), choices)
	}
}

// fits says what keeps the search from being the one that was saved.
func (e *search) fits(scenario, decisive, label string) error {
	ours := sim.Format(e.scenario)
	if ours != scenario {
		was, is := difference(scenario, ours)
		return fmt.Errorf("explore: another scenario was saved: where it says %q this one says %q", was, is)
	}
	if is := e.o.decisive(); is != decisive {
		return fmt.Errorf("explore: the search was saved with other options: %q, and now %q", decisive, is)
	}
	if e.o.Label != label {
		return fmt.Errorf("explore: the search was saved as %q, and is now %q", label, e.o.Label)
	}
	return nil
}

// difference returns the first lines in which two texts differ.
func difference(a, b string) (inA, inB string) {
	for {
		restA, restB := "", ""
		inA, restA, _ = strings.Cut(a, "\n")
		inB, restB, _ = strings.Cut(b, "\n")
		if inA != inB || restA == "" && restB == "" {
			return inA, inB
		}
		a, b = restA, restB
	}
}

// recognise goes to the newest state, which has to be one of those that were seen.
func (e *search) recognise() error {
	w := worker{search: e}
	r, err := w.reach(uint32(len(e.nodes.parent) - 1))
	if err != nil {
		return err
	}
	r.quiet() // as when it was found
	if !e.seen.has(hash(r.fingerprint(nil))) {
		return errChanged
	}
	return nil
}

// decoder reads what appendSaved has written. Once something is missing it returns zero.
type decoder struct {
	rest []byte // what is yet to be read
	bad  bool   // something was missing
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.rest)
	if d.bad || size <= 0 || size > 1 && d.rest[size-1] == 0 { // as it is not written
		d.bad = true
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// int reads a number that counts something that is kept in memory.
func (d *decoder) int() int {
	n := d.number()
	if n >= 1<<31 {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *decoder) bytes() []byte {
	n := d.int()
	if d.bad || n > len(d.rest) {
		d.bad = true
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) text() string { return string(d.bytes()) }

func (d *decoder) hash() uint64 {
	if d.bad || len(d.rest) < 8 {
		d.bad = true
		return 0
	}
	h := binary.LittleEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return h
}
