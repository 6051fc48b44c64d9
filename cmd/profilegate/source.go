package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/profilegate/profilegate/config"
	"github.com/profilegate/profilegate/gateway"
)

// sourceHelp says how the sources of a configuration are combined. It stands in the help of every command that reads one.
const sourceHelp = `A setting is taken from the first that has it: a flag, an environment variable,
the file, the default. Every setting outside of lists has a variable (store.redis.url
is PROFILEGATE_STORE_REDIS_URL), and PROFILEGATE_LISTEN_<NAME> changes the address of
the listener of that name. 'profilegate config reference' lists them all.`

// addSourceFlags gives a command the flags that say where the configuration comes from.
func addSourceFlags(cmd *cobra.Command) *config.Source {
	src := &config.Source{}
	flags := cmd.Flags()
	flags.StringVarP(&src.File, "config", "c", "", "`file` to read the configuration from (default: $"+config.EnvFile+")")
	flags.StringVar(&src.Flags.DataDir, "data-dir", "", "keep the data of all tenants in the embedded store in this `directory`")
	flags.StringVar(&src.Flags.Store, "store", "", "keep the data of all tenants in this store: embedded, or the `URL` of a Redis\n(redis://host:port/db, redis+sentinel://host:port,…/master/db or redis+cluster://host:port,…;\nrediss for TLS); it wins over --data-dir")
	return src
}

// load reads the configuration that the flags ask for.
func load(src *config.Source) (config.Loaded, error) {
	asked := *src
	if asked.File == "" {
		asked.File = os.Getenv(config.EnvFile)
	}
	if asked.File == "" {
		return config.Loaded{}, usagef("which configuration? Give --config FILE or set %s", config.EnvFile)
	}
	loaded, err := config.Load(asked)
	var unreadable *fs.PathError
	if errors.As(err, &unreadable) {
		return config.Loaded{}, &usageError{err: err}
	}
	if err != nil {
		return loaded, err
	}
	if problems := gateway.Check(loaded.Config); len(problems) > 0 {
		return loaded, &config.Invalid{File: asked.File, Problems: problems}
	}
	return loaded, nil
}
