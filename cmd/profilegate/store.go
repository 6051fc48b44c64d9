package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/profilegate/profilegate/adapters/embedded"
	"github.com/profilegate/profilegate/config"
)

func newStore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Check, back up, restore and compact the embedded store",
		Long: `Works on the embedded store, the file profilegate.db in the data directory. A store in
Redis is backed up with the tools of Redis.`,
		Example: `  profilegate store check --data-dir /var/lib/profilegate
  profilegate store backup --data-dir /var/lib/profilegate --to profiles.backup
  profilegate store restore --data-dir /var/lib/profilegate --from profiles.backup --force
  profilegate store compact --data-dir /var/lib/profilegate`,
		Args: cobra.ArbitraryArgs,
		RunE: needSubcommand,
	}
	cmd.AddCommand(newStoreCheck(), newStoreBackup(), newStoreRestore(), newStoreCompact())
	return cmd
}

// storeHelp says how a command finds the store. It stands in the help of every one.
const storeHelp = `The store is the one in --data-dir or, without that, the one of the configuration that
--config or $` + config.EnvFile + ` names.`

// addStoreFlags gives a command the flags that say where the store is.
func addStoreFlags(cmd *cobra.Command) *config.Source {
	src := &config.Source{}
	cmd.Flags().StringVarP(&src.File, "config", "c", "", "`file` with the configuration that names the data directory (default: $"+config.EnvFile+")")
	cmd.Flags().StringVar(&src.Flags.DataDir, "data-dir", "", "`directory` of the store; then no configuration is read")
	return src
}

// storeFile is the file of the store that the flags mean.
func storeFile(src *config.Source) (string, error) {
	if src.Flags.DataDir != "" && src.File != "" {
		return "", usagef("--data-dir and --config both say where the store is; one of them is wanted")
	}
	if src.Flags.DataDir != "" {
		return config.EmbeddedStore{DataDir: src.Flags.DataDir}.File(), nil
	}
	loaded, err := load(src)
	if err != nil {
		return "", err
	}
	if kind := loaded.Config.Store.Kind; kind != config.Embedded {
		return "", usagef("the configuration keeps its records in %s; this command is for the embedded store", kind)
	}
	return loaded.Config.Store.Embedded.File(), nil
}

func newStoreCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [--data-dir DIR | --config FILE | --file FILE]",
		Short: "Read the whole store and say what is wrong with it",
		Long: `Reads every page, record, reference and head, and prints what each tenant has. If
anything is not as it was written, it says what and where, and exits with 1. Nothing is
changed. While a gateway has the store open this is refused: take a backup, which is
checked as it is taken, or stop the gateway.

` + storeHelp + ` --file checks a backup.`,
		Example: `  profilegate store check --data-dir /var/lib/profilegate
  profilegate store check --file profiles.backup`,
		Args: noArguments,
	}
	src := addStoreFlags(cmd)
	file := cmd.Flags().String("file", "", "check this `file` instead, such as a backup")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		path := *file
		if path == "" {
			var err error
			if path, err = storeFile(src); err != nil {
				return err
			}
		} else if src.File != "" || src.Flags.DataDir != "" {
			return usagef("--file says which file; neither --data-dir nor --config is wanted beside it")
		}
		return checkStore(cmd, path)
	}
	return cmd
}

func checkStore(cmd *cobra.Command, path string) error {
	r, err := embedded.Check(path, nil)
	if err != nil {
		return err
	}
	if err := printReport(cmd.OutOrStdout(), path, &r); err != nil {
		return err
	}
	if r.Sound() {
		return nil
	}
	return fmt.Errorf("%s: %s", path, count(len(r.Problems)+r.Untold, "problem"))
}

func newStoreBackup() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup --to FILE [--data-dir DIR | --config FILE]",
		Short: "Copy the store as it is at one instant, also while the gateway runs",
		Long: `Writes a copy of the store as it is at one instant. A gateway that has the store open goes
on serving and hands the copy over by a socket beside the store's file, which only the
file's owner (or root) may use; without one the file itself is read. The copy is checked
and synced before it gets its name: what has that name is whole. It is a store file like
any other.

` + storeHelp,
		Example: `  profilegate store backup --data-dir /var/lib/profilegate --to /backup/profiles-$(date +%F)
  profilegate store backup --config profilegate.yaml --to profiles.backup --force`,
		Args: noArguments,
	}
	src := addStoreFlags(cmd)
	to := cmd.Flags().String("to", "", "`file` to write the backup to")
	force := cmd.Flags().Bool("force", false, "replace the file if there is one")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *to == "" {
			return usagef("where should the backup go? Give --to FILE")
		}
		path, err := storeFile(src)
		if err != nil {
			return err
		}
		r, err := embedded.Backup(cmd.Context(), path, *to, *force, nil)
		if err != nil {
			return advise(err, "--force replaces it")
		}
		return printReport(cmd.OutOrStdout(), *to, &r)
	}
	return cmd
}

func newStoreRestore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore --from FILE [--force] [--data-dir DIR | --config FILE]",
		Short: "Put a backup in the place of the store",
		Long: `Copies a backup beside the store, checks and syncs the copy, and only then gives it the
store's name. A store that is there is replaced only with --force, and is kept as
profilegate.db.before-<time>. While a gateway has the store open this is refused.

What was written after the backup was taken is not in it.

` + storeHelp,
		Example: `  profilegate store restore --data-dir /var/lib/profilegate --from profiles.backup
  profilegate store restore --config profilegate.yaml --from profiles.backup --force`,
		Args: noArguments,
	}
	src := addStoreFlags(cmd)
	from := cmd.Flags().String("from", "", "`file` with the backup")
	force := cmd.Flags().Bool("force", false, "replace the store that is there, and keep it under another name")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *from == "" {
			return usagef("which backup? Give --from FILE")
		}
		path, err := storeFile(src)
		if err != nil {
			return err
		}
		done, err := embedded.Restore(*from, path, *force, time.Now(), nil)
		if err != nil {
			return advise(err, "--force replaces it, and keeps it under another name")
		}
		if done.Kept != "" {
			if _, err := fmt.Fprintf(cmd.OutOrStdout(), "kept the store that was there as %s\n", done.Kept); err != nil {
				return err
			}
		}
		return printReport(cmd.OutOrStdout(), path, &done.Report)
	}
	return cmd
}

func newStoreCompact() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compact [--data-dir DIR | --config FILE]",
		Short: "Write the store anew without its free pages",
		Long: `Writes the store anew beside itself, without the pages that hold nothing any more, checks
that the new file holds the same, and puts it in place in one step. It needs as much free
disk as the records take. While a gateway has the store open this is refused. A store
reuses its free pages by itself: compacting pays after much was deleted.

A store that is damaged is refused. One case can be helped: where 'store check' says that
one meta page is damaged, and nothing else, --salvage goes on from the other meta page.
The last transaction, and what was acknowledged with it, may then be missing.

` + storeHelp,
		Example: `  profilegate store compact --data-dir /var/lib/profilegate`,
		Args:    noArguments,
	}
	src := addStoreFlags(cmd)
	salvage := cmd.Flags().Bool("salvage", false, "go on where one meta page is damaged; the last transaction may be missing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		path, err := storeFile(src)
		if err != nil {
			return err
		}
		c, err := embedded.Compact(path, *salvage, nil)
		if err != nil {
			return advise(err, "")
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d bytes before, %d after\n", path, c.Before, c.After)
		return err
	}
	return cmd
}

// advise adds what can be done about an error.
func advise(err error, whereExists string) error {
	switch {
	case errors.Is(err, embedded.ErrExists) && whereExists != "":
		return fmt.Errorf("%w; %s", err, whereExists)
	case errors.Is(err, embedded.ErrDamaged):
		return fmt.Errorf("%w; 'profilegate store check' lists all that is wrong", err)
	case errors.Is(err, embedded.ErrLocked):
		return fmt.Errorf("%w; stop it first", err)
	}
	return err
}
