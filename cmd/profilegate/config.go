package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/profilegate/profilegate/config"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check, show and explain the configuration",
		Example: `  profilegate config validate --config profilegate.yaml
  profilegate config show --config profilegate.yaml
  profilegate config reference`,
		Args: cobra.ArbitraryArgs,
		RunE: needSubcommand,
	}
	cmd.AddCommand(newConfigValidate(), newConfigShow(), newConfigReference())
	return cmd
}

func newConfigValidate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate --config FILE",
		Short: "Check a configuration without starting anything",
		Long: `Reads the configuration as 'serve' would and reports all of its problems: where each
stands, what is wrong and what is accepted. It opens neither the store nor a port, but
reads the files with schemas that the configuration names.

` + sourceHelp,
		Example: `  profilegate config validate --config profilegate.yaml
  profilegate config validate --config profilegate.yaml --store redis://127.0.0.1:6379/0`,
		Args: noArguments,
	}
	src := addSourceFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		loaded, err := load(src)
		if err != nil {
			return err
		}
		for _, warning := range loaded.Warnings {
			if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s\n", warning); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "valid: %s, %s, store %s\n",
			count(len(loaded.Config.Listeners), "listener"), count(len(loaded.Config.Tenants), "tenant"), loaded.Config.Store.Kind)
		return err
	}
	return cmd
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func newConfigShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show --config FILE",
		Short: "Print the effective configuration",
		Long: `Prints the configuration that 'serve' would run with, as YAML: the file with all
defaults, variables and flags worked in. A comment behind a value names the flag or
variable that it came from, or says that it is the default. Secrets are redacted.

` + sourceHelp,
		Example: `  profilegate config show --config profilegate.yaml
  PROFILEGATE_LOG_LEVEL=debug profilegate config show --config profilegate.yaml`,
		Args: noArguments,
	}
	src := addSourceFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		loaded, err := load(src)
		if err != nil {
			return err
		}
		text, err := loaded.YAML()
		if err != nil {
			return err
		}
		_, err = cmd.OutOrStdout().Write(text)
		return err
	}
	return cmd
}

func newConfigReference() *cobra.Command {
	return &cobra.Command{
		Use:   "reference",
		Short: "Print every key, its default, its variable and its meaning",
		Long: `Prints a table, in Markdown, of every key that a configuration may have: its type,
its default, the environment variable that sets it and what it means.`,
		Example: `  profilegate config reference
  profilegate config reference | grep redis`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), config.ReferenceTable())
			return err
		},
	}
}
