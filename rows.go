package bilateralrpc

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// shape says where the fields of a row are.
type shape struct {
	from, reply int
	err         int // -1 where rows have none
}

// shapes has the *shape of each row type that was used.
var shapes sync.Map // of reflect.Type

// rows is the slice that a caller wants its results in.
type rows struct {
	*shape
	slice reflect.Value
}

const wantRows = "want a pointer to a slice of struct{From string; Reply T} or struct{From string; Reply T; Err error}"

// rowsOf checks results.
func rowsOf(results any) (rows, error) {
	v := reflect.ValueOf(results)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Type().Elem().Kind() != reflect.Slice {
		return rows{}, fmt.Errorf("%w: got %T: %s", ErrBadResults, results, wantRows)
	}
	row := v.Type().Elem().Elem()
	if s, ok := shapes.Load(row); ok {
		return rows{s.(*shape), v.Elem()}, nil
	}
	s, ok := shapeOf(row)
	if !ok {
		return rows{}, fmt.Errorf("%w: got rows of type %v: %s", ErrBadResults, row, wantRows)
	}
	shapes.Store(row, s)
	return rows{s, v.Elem()}, nil
}

func shapeOf(row reflect.Type) (*shape, bool) {
	if row.Kind() != reflect.Struct {
		return nil, false
	}
	s := &shape{from: -1, reply: -1, err: -1}
	for i := range row.NumField() {
		f := row.Field(i)
		switch {
		case f.Name == "From" && f.Type.Kind() == reflect.String:
			s.from = i
		case f.Name == "Reply":
			s.reply = i
		case f.Name == "Err" && f.Type.Kind() == reflect.Interface && errorType.Implements(f.Type):
			s.err = i
		default:
			return nil, false
		}
	}
	return s, s.from >= 0 && s.reply >= 0
}

var errorType = reflect.TypeFor[error]()

// fill replaces the slice by a row for each peer that answered. It returns what
// was wrong with replies that can't be decoded, by the index of their outcome.
func (r rows) fill(outcomes []zmqio.Outcome) (bad map[int]error) {
	answered := 0
	for i := range outcomes {
		if hasRow(&outcomes[i], r.err >= 0) {
			answered++
		}
	}
	if answered == 0 { // DEVIATION D12: no replies are no error
		r.slice.Set(reflect.MakeSlice(r.slice.Type(), 0, 0))
		return nil
	}
	r.slice.SetZero()
	r.slice.Grow(answered)
	r.slice.SetLen(answered)
	n := 0
	for i := range outcomes {
		o := &outcomes[i]
		if !hasRow(o, r.err >= 0) {
			continue
		}
		row := r.slice.Index(n)
		err := r.put(row, o)
		if err != nil && o.How == core.Replied {
			if bad == nil {
				bad = make(map[int]error)
			}
			bad[i] = err
		}
		if err == nil || r.err >= 0 {
			n++
		}
	}
	r.slice.SetLen(n)
	return bad
}

// hasRow says whether a peer has answered, in a way that rows can show.
func hasRow(o *zmqio.Outcome, showErrors bool) bool {
	return o.How == core.Replied || showErrors && (o.How == core.Failed || o.How == core.Unserved)
}

// put fills in one row. Nothing of a reply that can't be decoded is left in it.
func (r rows) put(row reflect.Value, o *zmqio.Outcome) error {
	err := outcomeError(o)
	if err == nil {
		reply := row.Field(r.reply)
		if err = gobcodec.DecodeValue(o.Body, reply.Addr()); err != nil {
			err = fmt.Errorf("%w: %w", ErrBadReply, err)
			reply.SetZero()
		}
	}
	if err != nil && r.err < 0 {
		return err
	}
	row.Field(r.from).SetString(o.Peer)
	if err != nil {
		row.Field(r.err).Set(reflect.ValueOf(err))
	}
	return err
}
