// Package floodtest opens more connections to a real process than it has places for, says nothing on them, and holds that everybody else is
// served meanwhile. It is apart from e2etest because the race detector, with which the processes there are built, ends a process of more than
// 8,128 goroutines.
package floodtest
