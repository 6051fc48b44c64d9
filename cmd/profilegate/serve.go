package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/profilegate/profilegate/config"
	"github.com/profilegate/profilegate/gateway"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Run the gateway",
		Long: `Runs the gateway until it is told to stop. SIGINT or SIGTERM lets requests under way end,
for as long as shutdown_timeout allows; a second one ends the process at once.

` + sourceHelp,
		Example: `  profilegate serve --config config/examples/development.yaml
  profilegate serve --config profilegate.yaml --data-dir /var/lib/profilegate
  profilegate serve --config profilegate.yaml --store redis://127.0.0.1:6379/0
  PROFILEGATE_LISTEN_MAIN=127.0.0.1:8080 profilegate serve --config profilegate.yaml`,
		Args: noArguments,
	}
	src := addSourceFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		loaded, err := load(src)
		if err != nil {
			return err
		}
		return serve(cmd, loaded)
	}
	return cmd
}

// serve runs the gateway until the command's context ends.
func serve(cmd *cobra.Command, loaded config.Loaded) error {
	log := newLogger(cmd.ErrOrStderr(), loaded.Config.Log)
	for _, warning := range loaded.Warnings {
		log.Warn(warning)
	}
	g, err := gateway.New(cmd.Context(), loaded.Config, log)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), g.Welcome()); err != nil {
		return errors.Join(err, g.Close())
	}
	return g.Run(cmd.Context())
}
