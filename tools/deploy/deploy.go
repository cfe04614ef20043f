// Package deploy tests that what deploy/ has for other systems is of the form that those
// want: their files decode into records without a field that is not known, and the commands
// in them have the flags that they are given.
package deploy
