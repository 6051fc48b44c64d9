package kuzzle

import "strings"

// oldestSDK is the first major version of each SDK that speaks to a Kuzzle 2 (lib/config/sdkCompatibility.json).
var oldestSDK = map[string]string{"js": "7", "csharp": "2", "cpp": "2", "java": "3", "android": "5", "go": "3", "php": "4"}

// checkSDKName reads "js@7.17.1". Names it does not know, or cannot read, pass. Kuzzle compares the first character only.
func checkSDKName(sdk string) error {
	name, version, ok := strings.Cut(sdk, "@")
	if !ok || name == "" || version == "" {
		return nil
	}
	oldest, known := oldestSDK[name]
	if !known || version[:1] >= oldest {
		return nil
	}
	return kerrorText(idSDKVersion, version, "min: "+oldest+", max: none")
}
