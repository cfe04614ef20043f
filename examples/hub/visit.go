package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// visit is the whole program with one visitor, who leaves before the late agents have replied.
func visit(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	const agents, late = 200, 5
	c, err := newCrew(ctx, agents, time.Hour)
	if err != nil {
		return err
	}
	defer c.close()
	address, end, err := listen(ctx, c)
	if err != nil {
		return err
	}
	defer end()

	replied, failed, err := read(ctx, address, agents-late)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d agents replied and %d failed while %d were at work\n", replied, failed, late)
	for range late {
		select {
		case <-c.gaveUp:
		case <-ctx.Done():
			return errors.New("the visitor has left, and agents still work")
		}
	}
	fmt.Fprintf(out, "the visitor left, and the %d have stopped\n", late)
	return nil
}

// read reads n replies of the stream, and leaves.
func read(ctx context.Context, address string, n int) (replied, failed int, err error) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/replies", nil)
	if err != nil {
		return 0, 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, 0, err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for replied+failed < n && lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue // the empty line between two events
		}
		var event row
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			return replied, failed, err
		}
		if event.Err == "" {
			replied++
		} else {
			failed++
		}
	}
	if err := lines.Err(); err != nil {
		return replied, failed, err
	}
	return replied, failed, nil
}
