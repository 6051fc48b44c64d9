package config

import "log/slog"

// LogLevel is the least important level that is logged.
type LogLevel string

// The levels.
const (
	Debug LogLevel = "debug"
	Info  LogLevel = "info"
	Warn  LogLevel = "warn"
	Error LogLevel = "error"
)

var logLevels = []LogLevel{Debug, Info, Warn, Error}

// LogFormat is how log lines are written.
type LogFormat string

// The formats.
const (
	Auto LogFormat = "auto" // coloured text on a terminal, JSON elsewhere
	Text LogFormat = "text" // key=value pairs
	JSON LogFormat = "json"
)

var logFormats = []LogFormat{Auto, Text, JSON}

// Log says what is logged, and how. Logs go to standard error.
type Log struct {
	Level  LogLevel  `mapstructure:"level" doc:"The least important level that is logged: debug, info, warn or error."`
	Format LogFormat `mapstructure:"format" doc:"auto (coloured text on a terminal, JSON elsewhere), text (key=value pairs) or json."`
}

func defaultLog() Log { return Log{Level: Info, Format: Auto} }

func (l Log) validate(r report) {
	oneOf(r.key("level"), l.Level, logLevels)
	oneOf(r.key("format"), l.Format, logFormats)
}

// Slog is the level as package slog counts them.
func (l LogLevel) Slog() slog.Level {
	switch l {
	case Debug:
		return slog.LevelDebug
	case Warn:
		return slog.LevelWarn
	case Error:
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
