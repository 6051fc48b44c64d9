package identity

import (
	"slices"
	"time"

	"github.com/profilegate/profilegate/core/access"
	"github.com/profilegate/profilegate/core/fault"
	"github.com/profilegate/profilegate/core/jsonvalue"
)

// AnonymousName is the other name under which Kuzzle finds the anonymous user.
const AnonymousName = "anonymous"

// User is whoever may log in, as Kuzzle keeps users.
type User struct {
	ID         string
	Version    uint64
	Revision   uint64
	CreatedAt  time.Time
	UpdatedAt  time.Time // zero: not since it was made, or made anew
	Author     string    // the id of the user who made or replaced it; empty: anonymous
	Updater    string
	Replaced   bool   // it was replaced as a whole; only then Kuzzle tells its author when the user is read by its id
	Generation string // a word of this user alone: another user who gets the same id later has another one
	ProfileIDs []string
	Source     []byte // one JSON object: profileIds, and fields of one's own
}

// ownKeys are the members of a user's content that are not content.
var ownKeys = []string{"_id", "_kuzzle_info"}

// IsAnonymous tells whether an id is the one of whoever shows no credentials, by either name.
func IsAnonymous(id string) bool { return id == access.AnonymousUser || id == AnonymousName }

// ParseProfileIDs reads the ids of a user's profiles, each once. path is what faults call it.
func ParseProfileIDs(path string, v jsonvalue.Value) ([]string, error) {
	switch v.Kind() {
	case jsonvalue.KindArray:
	case jsonvalue.KindAbsent:
		return nil, fault.MissingArgument(path)
	default:
		return nil, fault.InvalidType(path, "array")
	}
	ids := make([]string, 0, v.Len())
	for _, item := range v.Items() {
		if item.Kind() != jsonvalue.KindString {
			return nil, fault.InvalidType(path, "string[]")
		}
		if item.Text() == "" {
			return nil, fault.InvalidArgument(path, "ids that are not empty")
		}
		ids = append(ids, item.Text())
	}
	if len(ids) == 0 {
		return nil, fault.EmptyArgument(path)
	}
	return ids, nil
}

// SetContent gives the user its content: an object, in which the profile ids stand beside fields of one's own.
func (u *User) SetContent(content jsonvalue.Value, profileIDs []string) {
	u.ProfileIDs = profileIDs
	items := make([]jsonvalue.Value, len(profileIDs))
	for i, id := range profileIDs {
		items[i] = jsonvalue.String(id)
	}
	u.Source = content.Without(ownKeys...).With("profileIds", jsonvalue.Array(items...)).AppendTo(nil)
}

// Content reads the user's content.
func (u *User) Content() (jsonvalue.Value, error) {
	v, err := jsonvalue.Parse(u.Source, jsonvalue.Limits{MaxDepth: maxDepth})
	if err != nil {
		return jsonvalue.Value{}, fault.Internalf("identity: a stored user cannot be read: %w", err)
	}
	return v, nil
}

// maxDepth bounds the nesting of stored content; it is far above what any listener lets in.
const maxDepth = 10_000

// Merged is the user's content with the first level of a change laid over it, as Kuzzle's updateUser does.
func (u *User) Merged(change jsonvalue.Value) (jsonvalue.Value, error) {
	content, err := u.Content()
	if err != nil {
		return jsonvalue.Value{}, err
	}
	for _, m := range change.Members() {
		if m.Name != "profileIds" {
			content = content.With(m.Name, m.Value)
		}
	}
	return content, nil
}

// HasProfile tells whether one of the user's profiles is this one.
func (u *User) HasProfile(id string) bool { return slices.Contains(u.ProfileIDs, id) }

// WithoutProfile are the user's profiles but one. A user who is left with none has the anonymous one, as Kuzzle has it.
func (u *User) WithoutProfile(id string) []string {
	left := slices.DeleteFunc(slices.Clone(u.ProfileIDs), func(p string) bool { return p == id })
	if len(left) == 0 {
		return []string{access.Anonymous}
	}
	return left
}

// Actor is the user as whoever a request comes from.
func (u *User) Actor() access.Actor { return access.Actor{User: u.ID, Profiles: u.ProfileIDs} }

// LastWritten is when the user was last changed or replaced, as searches find it; zero: not since it was made.
func (u *User) LastWritten() time.Time {
	if u.Replaced && u.UpdatedAt.IsZero() {
		return u.CreatedAt
	}
	return u.UpdatedAt
}
