// Package browser has nothing but tests: of the pages that bilsim writes, in a Chromium
// without a window. Where none is installed they are skipped, and say what to install.
//
// BILATERAL_PICTURES=folder keeps pictures of the pages, which people have to look at.
package browser
