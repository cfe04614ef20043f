// A module of its own: tests of pages in a browser, and the library that drives it.
module github.com/bitmark-inc/bilateralrpc/tools/browser

go 1.25.0

require (
	github.com/bitmark-inc/bilateralrpc v0.0.0-00010101000000-000000000000
	github.com/chromedp/cdproto v0.160.1
	github.com/chromedp/chromedp v0.23.1
)

require github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect

replace github.com/bitmark-inc/bilateralrpc => ../..
