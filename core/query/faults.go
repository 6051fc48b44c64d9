package query

import (
	"fmt"

	"github.com/profilegate/profilegate/core/fault"
)

// refusef refuses a query in the words that Elasticsearch has for it.
func refusef(format string, args ...any) error {
	return &fault.Error{Kind: fault.Invalid, Code: fault.CodeInvalidSearch, Message: fmt.Sprintf(format, args...)}
}

// unsupported refuses what Elasticsearch knows and this package does not.
func unsupported(what string) error {
	return refusef("[%s] is not supported here", what)
}

// notAQuery refuses a query whose content is no object; Kuzzle takes it for one in another language.
func notAQuery(name string) error {
	return fault.Invalidf(fault.CodeUnknownQuery, fault.Field{Path: name, Values: []string{name}},
		"The keyword %q is not part of the query language.", name)
}

func unknownKey(name string) error {
	return fault.Invalidf(fault.CodeUnknownSearchKey, fault.Field{Path: name}, "The argument %q is not allowed at this level of a search query.", name)
}

func forbiddenKeyword(name string) error {
	return fault.Invalidf(fault.CodeForbiddenQuery, fault.Field{Path: name}, "The %q keyword is not allowed in this query.", name)
}
