package spectype

import "github.com/profilegate/profilegate/core/jsonvalue"

// heatStack declares os.heat.stack-1.0 (senlin/profiles/os/heat/stack.py).
func heatStack() *Type {
	empty := jsonvalue.Object()
	return &Type{
		Name: "os.heat.stack", Version: "1.0",
		Support: []Support{{Status: "SUPPORTED", Since: "2016.04"}},
		Properties: []Property{
			declare(Map, "context", "A dictionary for specifying the customized context for stack operations").byDefault(empty),
			declare(Map, "template", "Heat stack template.").byDefault(empty).updatable(),
			declare(String, "template_url", "Heat stack template url.").byDefault(jsonvalue.String("")).updatable(),
			declare(Map, "parameters", "Parameters to be passed to Heat for stack operations.").byDefault(empty).updatable(),
			declare(Map, "files", "Contents of files referenced by the template, if any.").byDefault(empty).updatable(),
			declare(Integer, "timeout", "A integer that specifies the number of minutes that a stack operation times out.").updatable(),
			declare(Boolean, "disable_rollback", "A boolean specifying whether a stack operation can be rolled back.").
				byDefault(jsonvalue.Bool(true)).updatable(),
			declare(Map, "environment", "A map that specifies the environment used for stack operations.").byDefault(empty).updatable(),
		},
		Operations: []Operation{{Name: "abandon", Description: "Abandon a heat stack node.", AsProperty: true}},
		check:      checkHeatStack,
	}
}

func checkHeatStack(profileName string, properties jsonvalue.Value) error {
	if properties.Get("template").Len() == 0 && !isSet(properties.Get("template_url")) {
		return checkFailed("spec.properties.template", "template or template_url",
			"Both template and template_url are not specified for profile '"+profileName+"'.")
	}
	return nil
}
