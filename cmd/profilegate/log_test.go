package main

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/config"
)

func TestLogger(t *testing.T) {
	for _, c := range []struct {
		format config.LogFormat
		want   string
	}{
		{config.JSON, `"msg":"hello","tenant":"dev"}`},
		{config.Text, `msg=hello tenant=dev`},
		{config.Auto, `"msg":"hello","tenant":"dev"}`}, // a buffer is no terminal
	} {
		var b bytes.Buffer
		newLogger(&b, config.Log{Level: config.Info, Format: c.format}).Info("hello", "tenant", "dev")
		require.Contains(t, b.String(), c.want, c.format)
	}
}

func TestLoggerLevel(t *testing.T) {
	levels := []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
	for i, level := range []config.LogLevel{config.Debug, config.Info, config.Warn, config.Error} {
		log := newLogger(&bytes.Buffer{}, config.Log{Level: level})
		for j, l := range levels {
			require.Equal(t, j >= i, log.Enabled(context.Background(), l), "%s at %s", l, level)
		}
	}
}
