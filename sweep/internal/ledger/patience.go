package ledger

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// How long to wait for an answer, and between two attempts: the wait doubles from the least
// to the most, and a part of it is by chance, so that many workers don't come at once.
const (
	answerMax = 5 * time.Second
	pauseMin  = 50 * time.Millisecond
	pauseMax  = 5 * time.Second
)

// patiently does something until it succeeds, fails for good, or the context is done. A
// server that is away or restarting is waited for; each attempt has to be one that does no
// harm if an earlier one was carried out after all.
func (l *Ledger) patiently(ctx context.Context, what string, do func(ctx context.Context) error) error {
	pause := pauseMin
	for waits := 0; ; waits++ {
		attempt, cancel := context.WithTimeout(ctx, answerMax)
		err := do(attempt)
		cancel()
		if err == nil || final(err) {
			if waits > 0 && err == nil {
				l.log.Info("the server is back", "for", what)
			}
			return err
		}
		if waits == 0 && ctx.Err() == nil {
			l.log.Warn("the server does not answer; trying until it does", "to", what, "err", err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause/2 + rand.N(pause/2)):
			pause = min(2*pause, pauseMax)
		}
	}
}

// final says whether an error is an answer: trying again would bring the same.
func final(err error) bool {
	for _, e := range []error{
		ErrNoSweep, ErrOther, errTwice, jetstream.ErrKeyExists, jetstream.ErrStreamNotFound, jetstream.ErrConsumerNotFound,
		nats.ErrMaxPayload, nats.ErrConnectionClosed, nats.ErrAuthorization, nats.ErrPermissionViolation, jetstream.ErrJetStreamNotEnabled,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// taken says whether an error says that the subject has a message already.
func taken(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
