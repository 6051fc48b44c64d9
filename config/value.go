package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// parseValue reads a single value from its text, as it stands in the file, the environment or a flag. The error says what is accepted
// and does not repeat a secret.
func parseValue(t reflect.Type, text string) (any, error) {
	switch {
	case !utf8.ValidString(text):
		return nil, errors.New("is not valid UTF-8, which is wanted")
	case t == durationType:
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a duration; a number with its unit is wanted, such as 250ms, 3s or 1m30s", text)
		}
		return d, nil
	case t == secretType:
		return NewSecret(text), nil
	case t == urlType:
		return NewURL(text), nil
	case t.Kind() == reflect.Int:
		n, err := strconv.Atoi(text)
		if errors.Is(err, strconv.ErrRange) {
			return nil, fmt.Errorf("%s is too large a number", text)
		}
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number; digits only are wanted, such as 64", text)
		}
		return n, nil
	case t.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("%q is neither true nor false; one of them is wanted", text)
		}
		return text == "true", nil
	default:
		return reflect.ValueOf(text).Convert(t).Interface(), nil
	}
}

// decodeText is how viper turns the texts of the environment and of flags into values of the fields' types.
func decodeText(from, to reflect.Type, value any) (any, error) {
	if from.Kind() != reflect.String || from == to || isSection(to) || to.Kind() == reflect.Slice {
		return value, nil
	}
	return parseValue(to, reflect.ValueOf(value).String())
}

// format writes a value as the file would have it.
func format(value any) string {
	if d, ok := value.(time.Duration); ok {
		return formatDuration(d)
	}
	return fmt.Sprint(value)
}

// formatDuration writes 1m0s as 1m.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
