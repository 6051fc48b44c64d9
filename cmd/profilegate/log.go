package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"

	"github.com/profilegate/profilegate/config"
)

// newLogger returns the logger of the process. Colours are for terminals only, and not if NO_COLOR is set (https://no-color.org).
func newLogger(w io.Writer, cfg config.Log) *slog.Logger {
	level := cfg.Level.Slog()
	options := &slog.HandlerOptions{Level: level}
	switch {
	case cfg.Format == config.Text:
		return slog.New(slog.NewTextHandler(w, options))
	case cfg.Format == config.Auto && isTerminal(w):
		return slog.New(tint.NewTextHandler(w, &tint.Options{
			Level:      level,
			TimeFormat: time.TimeOnly,
			NoColor:    os.Getenv("NO_COLOR") != "",
		}))
	default:
		return slog.New(slog.NewJSONHandler(w, options))
	}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
