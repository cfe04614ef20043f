package reality

import "errors"

func startOld(*setup, *teller) (performer, error) { return nil, errors.New("not yet") }
