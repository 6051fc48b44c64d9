package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// buildVersion is what the binary knows about how it was built.
type buildVersion struct {
	Version  string `json:"version"`  // of the module: a tag, or a pseudo-version made of the commit
	Go       string `json:"go"`       // the compiler's version
	Commit   string `json:"commit"`   // empty if it was not built in a repository
	Modified bool   `json:"modified"` // built with changes that were not committed
	Platform string `json:"platform"` // operating system and architecture
}

func readBuildVersion() buildVersion {
	v := buildVersion{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (v buildVersion) String() string {
	commit := v.Commit
	if commit == "" {
		commit = "unknown"
	}
	if v.Modified {
		commit += " with uncommitted changes"
	}
	return fmt.Sprintf("profilegate %s\ngo: %s\ncommit: %s\nplatform: %s\n", v.Version, v.Go, commit, v.Platform)
}

func newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the compiler and the commit",
		Example: `  profilegate version
  profilegate version --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := readBuildVersion()
			if asJSON {
				encoder := json.NewEncoder(cmd.OutOrStdout())
				encoder.SetIndent("", "  ")
				return encoder.Encode(v)
			}
			_, err := fmt.Fprint(cmd.OutOrStdout(), v)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object: version, go, commit, modified, platform")
	return cmd
}
