// Package catalog holds the rules about indexes and collections: what a Kuzzle client may call them, and how they are keyed. A gateway
// stores no documents; it keeps the names, because restrictions of policies speak of them and strict profiles are checked against them.
package catalog

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/profilegate/profilegate/core/fault"
)

// MaxNameBytes bounds the name of an index or a collection, as Kuzzle's storage does.
const MaxNameBytes = 126

// forbidden are the characters that Kuzzle's storage keeps out of names.
const forbidden = "\\/*?\"<>| \t\r\n,+#:.&%"

// Collection names one collection of an index.
type Collection struct {
	Index string
	Name  string
}

// ID is the record id of the collection. A slash cannot stand in either name, so it is unambiguous.
func (c Collection) ID() string { return c.Index + "/" + c.Name }

// ParseCollectionID is the inverse of Collection.ID.
func ParseCollectionID(id string) (Collection, bool) {
	index, name, ok := strings.Cut(id, "/")
	return Collection{Index: index, Name: name}, ok && index != "" && name != ""
}

// Check refuses a collection that cannot be made, for its index's name or its own.
func (c Collection) Check() error {
	if err := CheckIndexName(c.Index); err != nil {
		return err
	}
	return CheckCollectionName(c.Name)
}

// CheckIndexName refuses what Kuzzle's index:create refuses: upper case, the forbidden characters, _all, more than MaxNameBytes.
func CheckIndexName(name string) error { return checkName("index", name) }

// CheckCollectionName refuses what Kuzzle's collection:create refuses; the rules are those for an index.
func CheckCollectionName(name string) error { return checkName("collection", name) }

func checkName(kind, name string) error {
	if validName(name) {
		return nil
	}
	return &fault.Error{
		Kind: fault.Invalid, Code: fault.CodeInvalidName, Subject: fault.Subject{Kind: kind, ID: name},
		Message: fmt.Sprintf("The %s name %q is invalid", kind, name),
		Fields:  []fault.Field{{Path: kind, Expected: fmt.Sprintf("1 to %d bytes, lower case, without any of %s", MaxNameBytes, forbidden)}},
	}
}

func validName(name string) bool {
	return name != "" && name != "_all" && len(name) <= MaxNameBytes && utf8.ValidString(name) &&
		!strings.ContainsAny(name, forbidden) && name == strings.ToLower(name)
}
