package main

import (
	"github.com/spf13/cobra"
)

// newRoot returns the whole command tree.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "profilegate",
		Short: "One gateway for OpenStack Senlin and Kuzzle profiles",
		Long: `profilegate serves profiles to clients of OpenStack Senlin and of Kuzzle over HTTP,
WebSocket, MQTT and gRPC, from one store.

Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong.`,
		Example: `  profilegate serve --config config/examples/development.yaml
  profilegate config validate --config profilegate.yaml`,
		Args:          cobra.ArbitraryArgs,
		RunE:          needSubcommand,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err: err} })
	root.AddCommand(newServe(), newConfig(), newStore(), newVersion())
	return root
}
