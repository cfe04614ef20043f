package service

import (
	"errors"
	"fmt"
	"math"
	"reflect"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
)

// Call runs the method that the wire name method means with arguments decoded
// from args, and appends the encoded reply to dst. sender is the authenticated
// name of the peer that asks.
//
// After an error dst is returned as it was. The error is one of this package's,
// or has the text of the handler's own; the text is never empty. Method and args
// are not retained. Call is as concurrent as its callers are.
//
// charger, unless it is nil, is told how many bytes the arguments are about to take,
// before they do; if it returns an error they are not decoded, and Call returns
// ErrOverloaded. It may be called several times, on the goroutine of Call, and the
// bytes add up; whoever counts them has them back when the request is done. Likewise
// it is told of the reply's value and of what it takes to encode it, before that; the
// error is then ErrReplyOverloaded.
func (r *Registry) Call(dst []byte, sender string, method, args []byte, charger gobcodec.Charger) (reply []byte, err error) {
	m, err := r.lookup(method)
	if err != nil {
		return dst, err
	}
	value, err := r.run(m, sender, args, charger)
	if err != nil {
		return dst, err // PROTOCOL 7.6: "An error BACK carries the error text and no reply value."
	}
	reply, err = m.appendReply(dst, value, r.replyBytesMax(), charger)
	if err != nil {
		return dst, replyError(m, err)
	}
	return reply, nil
}

// Cast is Call for a request that nobody awaits: the reply is dropped.
func (r *Registry) Cast(sender string, method, args []byte, charger gobcodec.Charger) error {
	m, err := r.lookup(method)
	if err != nil {
		return err
	}
	_, err = r.run(m, sender, args, charger)
	return err
}

func (r *Registry) argsBytesMax() int64 { return orUnlimited(r.ValueBytesMax) }

func (r *Registry) replyBytesMax() int64 { return orUnlimited(r.ReplyBytesMax) }

func orUnlimited(max int64) int64 {
	if max == 0 {
		return math.MaxInt64 / 4 // it may be added to another, and doubled
	}
	return max
}

// run decodes the arguments and calls the handler. The reply it returns is a pointer.
// Both are new for each request, because a handler may keep them.
func (r *Registry) run(m *method, sender string, args []byte, charger gobcodec.Charger) (reply reflect.Value, err error) {
	argsPointer := reflect.New(m.args)
	if err := r.decode(m, sender, args, argsPointer.Elem(), charger); err != nil {
		return reply, argsError(m, err)
	}
	if m.sender != nil {
		setSender(argsPointer, m.sender, sender)
	}
	reply = reflect.New(m.reply)
	if m.reply.Kind() == reflect.Map {
		reply.Elem().Set(reflect.MakeMap(m.reply)) // for handlers that only add to it
	}
	if !m.pointer {
		argsPointer = argsPointer.Elem()
	}
	return reply, m.invoke(sender, argsPointer, reply)
}

// decode decodes the arguments. Large ones are work for the gate, unless that would run
// code of the program, which may wait for whoever is behind it there.
func (r *Registry) decode(m *method, sender string, args []byte, target reflect.Value, charger gobcodec.Charger) error {
	if len(args) >= bulk.Bytes && r.Gate != nil && !m.argsCodec.RunsUserCode() {
		r.Gate.Enter(sender)
		defer r.Gate.Leave()
	}
	return m.argsCodec.DecodeCharged(args, target, r.argsBytesMax(), charger)
}

// argsError returns the error for arguments that were not decoded. What charger said
// is the business of this process.
func argsError(m *method, err error) error {
	var refused *gobcodec.ChargeError
	if errors.As(err, &refused) {
		return fmt.Errorf("%w of %s", ErrOverloaded, m.wireName)
	}
	return fmt.Errorf("%w of %s: %w", ErrArgs, m.wireName, err)
}

// replyError returns the error for a reply that was not encoded.
func replyError(m *method, err error) error {
	var refused *gobcodec.ChargeError
	if errors.As(err, &refused) {
		return fmt.Errorf("%w of %s", ErrReplyOverloaded, m.wireName)
	}
	return fmt.Errorf("%w of %s: %w", ErrReply, m.wireName, err)
}

// invoke calls the handler for sender. A panic becomes an error; its stack goes to
// the log only, since it tells of this process.
func (m *method) invoke(sender string, args, reply reflect.Value) (err error) {
	defer func() {
		if p := recover(); p != nil {
			m.log.Error("handler panicked", "peer", sender, "method", m.wireName, "panic", fmt.Sprint(p), "stack", callers())
			err = fmt.Errorf("%w: %s", ErrPanicked, m.wireName)
		}
	}()
	in := [3]reflect.Value{m.receiver, args, reply}
	failure := m.fn.Call(in[:])[0]
	if failure.IsNil() {
		return nil
	}
	// Error is the program's code too: it is called here, where a panic is caught.
	// An empty text would mean success on the wire.
	if text := failure.Interface().(error).Error(); text != "" {
		return errors.New(text)
	}
	return fmt.Errorf("%s failed with an error that has no text", m.wireName)
}

// setSender sets the field at index of the struct that args points to. Pointers
// that are nil on the way have no such field.
func setSender(args reflect.Value, index []int, sender string) {
	for args.Kind() == reflect.Pointer {
		if args.IsNil() {
			return
		}
		args = args.Elem()
	}
	if field, err := args.FieldByIndexErr(index); err == nil && field.CanSet() {
		field.SetString(sender)
	}
}

// appendReply appends what to send for a reply, given as a pointer. One that is
// itself a nil pointer is sent as a zero value: what encoding/gob writes for it
// has no end, some decoders refuse that, and the others make it a zero value.
// DEVIATION D14.
func (m *method) appendReply(dst []byte, reply reflect.Value, max int64, charger gobcodec.Charger) ([]byte, error) {
	v := reply.Elem()
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Pointer {
		return m.replyCodec.AppendCharged(dst, reply, max, charger)
	}
	t := v.Type()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return gobcodec.AppendValue(dst, reflect.New(t))
}
