// Package spectype holds the types of spec profiles: what a type declares, what the profile-type calls answer about it, and whether a
// spec fits. It keeps Senlin's rules (Senlin 14.0.0, senlin/common/schema.py and senlin/profiles) and Senlin's own words, so that its
// dialect can pass messages on. The package reads and writes nothing.
//
// The built-in types are judged as by a Senlin whose backends find every flavor, image, key pair and network good; what a backend alone
// could know is not checked.
package spectype

import "github.com/profilegate/profilegate/core/jsonvalue"

// Type is one version of a profile type. It is read-only once it is in a Registry.
type Type struct {
	Name       string // "os.heat.stack"
	Version    string // "1.0"
	Support    []Support
	Properties []Property // in the order of declaration, which is the order in which they are judged
	Operations []Operation

	// document is what the properties are held to in place of their declarations; nil: the declarations.
	document *document
	// contextKeys lists what properties.context may hold; nil: anything.
	contextKeys []string
	// check holds the type's rules beyond its schema; nil: none. The properties fit the schema by then.
	check func(profileName string, properties jsonvalue.Value) error
}

// Support says since when a version of a type has been in a state.
type Support struct {
	Status string // "SUPPORTED", "EXPERIMENTAL"
	Since  string // "2016.04"
}

// PropertyType is the type of a property, spelled as the schema answers spell it.
type PropertyType string

// The property types. What each takes is told in check.go.
const (
	Integer PropertyType = "Integer"
	Number  PropertyType = "Number"
	String  PropertyType = "String"
	Boolean PropertyType = "Boolean"
	Map     PropertyType = "Map"
	List    PropertyType = "List"
)

// Property declares one property of a spec, or a part of one.
type Property struct {
	Name        string // empty for the items of a list
	Type        PropertyType
	Description string
	Required    bool
	Updatable   bool
	Default     jsonvalue.Value   // absent: none
	Allowed     []jsonvalue.Value // the only values of a String, Integer or Number; nil: any
	Items       *Property         // of a List
	Members     []Property        // of a Map with fixed keys, in the order of declaration; nil: any keys
}

// Operation declares what can be done to a node that was made from a profile of the type. This gateway runs none; it answers what
// there are.
type Operation struct {
	Name        string
	Description string
	Parameters  []Parameter
	AsProperty  bool // declared as if it were a Map property, and answered so (os.heat.stack's abandon)
}

// Parameter is one argument of an operation.
type Parameter struct {
	Name        string
	Type        PropertyType
	Description string
	Required    bool
	Default     jsonvalue.Value   // absent: none
	Allowed     []jsonvalue.Value // the only values; nil: any
}

// FullName gives "os.heat.stack-1.0", by which a type is asked for.
func (t *Type) FullName() string { return t.Name + "-" + t.Version }
