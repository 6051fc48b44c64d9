package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/anishathalye/porcupine"
)

// maxPictures bounds how many records that are not linearizable are drawn.
const maxPictures = 5

// Write puts all that is known of a round into a folder: the history (JSON, an operation a line), what the nemeses did, the verdict, and for
// records that are not linearizable Porcupine's picture of how far it got.
func (r *Round) Write(folder string, verdict Report, failure error) error {
	h := r.Workload.Recorder.History()
	var log strings.Builder
	for _, n := range r.Nemeses {
		fmt.Fprintln(&log, n.Log())
	}
	text := fmt.Sprintf("seed %d, %d operations\n%s", r.Workload.Seed, len(h.Operations), verdict)
	if failure != nil {
		text += failure.Error() + "\n"
	}
	err := errors.Join(
		writeLines(filepath.Join(folder, "history.jsonl"), &h),
		os.WriteFile(filepath.Join(folder, "nemesis.log"), []byte(log.String()), 0o600),
		os.WriteFile(filepath.Join(folder, "verdict.txt"), []byte(text), 0o600),
	)
	return errors.Join(err, drawAll(folder, &h, verdict))
}

func writeLines(file string, h *History) (err error) {
	f, err := os.Create(file) //nolint:gosec // where the caller wants it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := json.NewEncoder(f)
	for i := range h.Operations {
		if err := lines.Encode(&h.Operations[i]); err != nil {
			return err
		}
	}
	for _, c := range h.Cuts {
		if err := lines.Encode(struct {
			Cut Cut `json:"cut"`
		}{c}); err != nil {
			return err
		}
	}
	return nil
}

func drawAll(folder string, h *History, verdict Report) error {
	keys, drawn := h.keys(), 0
	for _, v := range verdict.Violations {
		if v.Promise != Linearizable || drawn == maxPictures {
			continue
		}
		drawn++
		_, info := porcupine.CheckOperationsVerbose(model, porcupineOps(keys[v.Key]), 0)
		name := strings.ReplaceAll(string(v.Key), "/", "-") + ".html"
		if err := porcupine.VisualizePath(model, info, filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}
