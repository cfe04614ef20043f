package mistakes_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var firstToAnswer = mistake{
	name: "split brain by \"first to answer\"",
	file: "first_to_answer_test.go",
	story: "Two candidates ask three voters, each of which votes once in a term. " +
		"A candidate leads as soon as the first voter is for it, by First: so the other one may lead too. Mended: two of the three, by Quorum.",
	claim:   `Always "a term has one leader"`,
	program: election,
}

type candidacy struct {
	Term int
	Name string
}

var vote = bilateralrpc.NewMethod[candidacy, bool]("Voter.Vote")

// voter is a voter, with the votes that it has given away: a candidate for each term.
type voter struct {
	mu    sync.Mutex
	given map[int]string
}

func (v *voter) vote(_ context.Context, c candidacy) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.given[c.Term] == "" {
		v.given[c.Term] = c.Name
	}
	if v.given[c.Term] != c.Name {
		return false, fmt.Errorf("it has voted for %s", v.given[c.Term])
	}
	return true, nil
}

func election(w *bilateraltest.World, mistaken bool) {
	voters, candidates := []string{"v1", "v2", "v3"}, []string{"ann", "bob"}
	for _, name := range voters {
		v := &voter{given: map[int]string{}}
		w.Host(name, serving(vote, v.vote))
	}
	elected := func(ctx context.Context, c candidacy) (err error) {
		if mistaken {
			_, err = vote.First(ctx, w.Node(c.Name), voters, c, bilateralrpc.WithTimeout(time.Second))
		} else {
			_, err = vote.Quorum(ctx, w.Node(c.Name), voters, 2, c, bilateralrpc.WithTimeout(time.Second))
		}
		return err
	}
	var mu sync.Mutex
	leader := map[int]string{}
	var split error
	for _, name := range candidates {
		w.Host(name, idle)
		for _, v := range voters {
			w.Connect(name, v)
		}
		w.Go(name, func(ctx context.Context) {
			for ctx.Err() == nil {
				term := int(w.Now() / (2 * time.Second))
				err := elected(ctx, candidacy{term, name})
				mu.Lock()
				if err == nil && leader[term] != "" && leader[term] != name {
					split = fmt.Errorf("term %d is led by %s and by %s", term, leader[term], name)
				} else if err == nil {
					leader[term] = name
				}
				mu.Unlock()
				time.Sleep(time.Second)
			}
		})
	}
	w.Always("a term has one leader", func() error {
		mu.Lock()
		defer mu.Unlock()
		return split
	})
}
