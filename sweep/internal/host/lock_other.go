//go:build !unix || solaris || aix

package host

import "os"

// lockFile opens a file. There are no locks here that end with the process: starting two
// servers on one folder is the user's mistake.
func lockFile(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
}
