package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
)

// ParseMustPass reads the list of cases that must pass: one DIALECT/NAME a line,
// sorted, none twice; lines that start with # are comments.
func ParseMustPass(data []byte) ([]string, error) {
	var ids []string
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(ids) > 0 && ids[len(ids)-1] >= line {
			return nil, fmt.Errorf("%s: out of order or twice", line)
		}
		ids = append(ids, line)
	}
	return ids, lines.Err()
}

// CheckMustPass refuses a list that names a case which does not exist, or that
// has lost a case: whatever matches one of the patterns (as path.Match has them)
// must be on it.
func CheckMustPass(ids []string, cases []*Case, patterns ...string) error {
	existing := map[string]bool{}
	for _, c := range cases {
		existing[c.ID()] = true
		for _, pattern := range patterns {
			matches, err := path.Match(pattern, c.ID())
			if err != nil {
				return fmt.Errorf("%s: %w", pattern, err)
			}
			if matches && !slices.Contains(ids, c.ID()) {
				return fmt.Errorf("%s must pass but is not on the list", c.ID())
			}
		}
	}
	for _, id := range ids {
		if !existing[id] {
			return fmt.Errorf("%s is on the list but there is no such case", id)
		}
	}
	return nil
}

// ExtendMustPass returns the list's text with more cases on it, sorted; the
// comments at its head stay.
func ExtendMustPass(data []byte, more []string) ([]byte, error) {
	ids, err := ParseMustPass(data)
	if err != nil {
		return nil, err
	}
	ids = append(ids, more...)
	slices.Sort(ids)
	var out bytes.Buffer
	for _, line := range strings.Split(string(data), "\n") {
		if strings.HasPrefix(line, "#") {
			fmt.Fprintln(&out, line)
		}
	}
	for _, id := range slices.Compact(ids) {
		fmt.Fprintln(&out, id)
	}
	return out.Bytes(), nil
}
