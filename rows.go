package bilateralrpc

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/kind"
	"github.com/bitmark-inc/bilateralrpc/internal/pertype"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// shape says where the fields of a row are.
type shape struct {
	from, reply int
	err         int             // -1 where rows have none
	codec       *gobcodec.Codec // of replies
}

// shapes has the shape of the rows for each type of results that was used.
var shapes pertype.Map[*shape]

// rows is the slice that a caller wants its results in.
type rows struct {
	*shape
	slice    reflect.Value
	bytesMax int64         // that one decoded reply may take
	gate     *zmqio.Budget // is gone through to decode large replies
}

const wantRows = "want a pointer to a slice of struct{From string; Reply T} or struct{From string; Reply T; Err error}"

// of makes r the rows of results, which it checks. A reply may take bytesMax of memory when
// it is decoded.
func (r *rows) of(results any, bytesMax int64) error {
	v := reflect.ValueOf(results)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("%w: got %T: %s", ErrBadResults, results, wantRows)
	}
	t := v.Type()
	s, ok := shapes.Load(t)
	if !ok {
		var err error
		if s, err = shapeOf(t); err != nil {
			return err
		}
		s = shapes.LoadOrStore(t, s)
	}
	r.shape, r.slice, r.bytesMax = s, v.Elem(), bytesMax
	return nil
}

// shapeOf returns the shape of results of type t, a pointer.
func shapeOf(t reflect.Type) (*shape, error) {
	if t.Elem().Kind() != reflect.Slice {
		return nil, fmt.Errorf("%w: got %v: %s", ErrBadResults, t, wantRows)
	}
	row := t.Elem().Elem()
	s, ok := shapeOfRow(row)
	if !ok {
		return nil, fmt.Errorf("%w: got rows of type %v: %s", ErrBadResults, row, wantRows)
	}
	s.codec = gobcodec.Of(row.Field(s.reply).Type)
	return s, nil
}

func shapeOfRow(row reflect.Type) (*shape, bool) {
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
func (r *rows) fill(outcomes []zmqio.Outcome) (bad map[int]error) {
	answered := 0
	for i := range outcomes {
		if hasRow(&outcomes[i], r.err >= 0) {
			answered++
		}
	}
	if answered == 0 { // DEVIATION D12: no replies are no error
		r.clear()
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

// clear makes the slice an empty one.
func (r *rows) clear() { r.slice.Set(reflect.MakeSlice(r.slice.Type(), 0, 0)) }

// append adds the row of one outcome, if there is one. It returns the outcome's error.
func (r *rows) append(o *zmqio.Outcome) error {
	if !hasRow(o, r.err >= 0) {
		return outcomeError(o)
	}
	row := reflect.New(r.slice.Type().Elem()).Elem()
	err := r.put(row, o)
	if err == nil || r.err >= 0 {
		r.slice.Set(reflect.Append(r.slice, row))
	}
	return err
}

// hasRow says whether a peer has answered, in a way that rows can show.
func hasRow(o *zmqio.Outcome, showErrors bool) bool {
	return o.How == core.Replied || showErrors && (o.How == core.Failed || o.How == core.Unserved)
}

// put fills in one row. Nothing of a reply that can't be decoded is left in it.
func (r *rows) put(row reflect.Value, o *zmqio.Outcome) error {
	err := outcomeError(o)
	if err == nil {
		reply := row.Field(r.reply)
		if err = r.decode(o, reply); err != nil {
			err = replyError(err)
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

// decode decodes a reply.
func (r *rows) decode(o *zmqio.Outcome, reply reflect.Value) error {
	return decodeReply(r.codec, o, reply, r.bytesMax, r.gate)
}

// decodeReply decodes a reply. A large one is work for the gate, as in package service.
func decodeReply(codec *gobcodec.Codec, o *zmqio.Outcome, reply reflect.Value, bytesMax int64, gate *zmqio.Budget) error {
	if len(o.Body) >= bulk.Bytes && !codec.RunsUserCode() {
		gate.Enter(o.Peer)
		defer gate.Leave()
	}
	return codec.DecodeCharged(o.Body, reply, bytesMax, o)
}

// replyError is the error of a reply that can't be decoded.
func replyError(err error) error {
	if errors.Is(err, ErrOverloaded) {
		return kind.ErrDropped
	}
	return fmt.Errorf("%w: %w", ErrBadReply, err)
}
