package mistakes_test

import (
	"context"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/bilateraltest"
)

var leakPerCall = mistake{
	name: "a leak a call",
	file: "leak_per_call_test.go",
	story: "A page shows the weather if it comes within half a second. The goroutine that asks for it hands it over by a channel: " +
		"if nobody waits any more, it waits for ever. Mended: the channel has room for the answer. The claim is one that every run makes: at its end no goroutine is left.",
	claim:   "Ends",
	program: weather,
}

var forecast = bilateralrpc.NewMethod[nothing, string]("Weather.Forecast")

// show asks for the weather, and does not wait long for it.
func show(w *bilateraltest.World, room int) string {
	answer := make(chan string, room)
	go func() {
		text, err := forecast.One(context.Background(), w.Node("page"), "weather", nothing{}, bilateralrpc.WithTimeout(5*time.Second))
		if err != nil {
			text = "unknown"
		}
		answer <- text
	}()
	select {
	case text := <-answer:
		return text
	case <-time.After(500 * time.Millisecond):
		return "late"
	}
}

func weather(w *bilateraltest.World, mistaken bool) {
	room := 1
	if mistaken {
		room = 0
	}
	w.Host("weather", serving(forecast, func(context.Context, nothing) (string, error) { return "rain", nil }))
	w.Host("page", idle)
	w.Connect("page", "weather")
	w.Go("reader", func(ctx context.Context) {
		every(ctx, time.Second, func(int) { show(w, room) })
	})
}
