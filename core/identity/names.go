package identity

import (
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
)

var (
	moods = [...]string{
		"able", "brave", "calm", "clever", "daring", "eager", "fair", "fond", "gentle", "glad", "happy", "honest", "keen", "kind", "lively",
		"loyal", "merry", "mild", "modest", "neat", "noble", "patient", "polite", "proud", "quick", "quiet", "ready", "sharp", "steady",
		"swift", "warm", "wise",
	}
	animals = [...]string{
		"badger", "bear", "beaver", "bison", "crane", "deer", "dolphin", "eagle", "falcon", "finch", "fox", "hare", "heron", "ibex", "jay",
		"lark", "lynx", "marten", "mole", "moose", "newt", "otter", "owl", "puffin", "raven", "robin", "seal", "stork", "swan", "toad",
		"whale", "wren",
	}
)

// NewID makes an id for a user who was given none: one that people can read, or a UUID, as Kuzzle does.
func NewID(readable bool) string {
	if !readable {
		return "kuid-" + uuid.NewString()
	}
	//nolint:gosec // the id is no secret, and one that is taken is made anew
	return fmt.Sprintf("kuid-%s-%s-%d", moods[rand.IntN(len(moods))], animals[rand.IntN(len(animals))], rand.IntN(100_000))
}
