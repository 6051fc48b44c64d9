// Package query finds documents: one small algebra of filters, sort keys and pages for every dialect's search, and the two languages that
// are read into it, Elasticsearch's query DSL as far as it makes sense here (Parse) and Koncorde's filters, which are translated to it
// first, as Kuzzle does (Koncorde).
//
// What a filter finds follows from the Mapping, as in Elasticsearch: a field has a type, an array matches when any of its values does, a
// text is found by its words and a keyword as a whole, objects of a nested field are looked at one by one, and what is not mapped is
// found by nothing. A query that this package cannot carry out is refused, never answered with fewer or more hits than it asks for.
//
// The package is pure: it is handed the documents, and knows neither where they come from nor what they are about. Faults are Invalid;
// their messages are Elasticsearch's own words where it would refuse the query as well.
package query
