package jsonvalue

// slabs hands out exact pieces of larger allocations. A tree is made and dropped as a whole, so its parts may share memory. Slabs
// double in size up to slabMax: a small body pays for little, a large one seldom.
type slabs struct {
	items                                  []Value
	members                                []Member
	containers                             []container
	lastItems, lastMembers, lastContainers int
}

const (
	slabMin = 4
	slabMax = 256
)

func nextSlab(last *int, want int) int {
	*last = min(max(*last*2, slabMin), slabMax)
	return max(*last, want)
}

func (s *slabs) keepItems(from []Value) []Value {
	n := len(from)
	if len(s.items) < n {
		s.items = make([]Value, nextSlab(&s.lastItems, n))
	}
	kept := s.items[:n:n]
	s.items = s.items[n:]
	copy(kept, from)
	return kept
}

func (s *slabs) keepMembers(from []Member) []Member {
	n := len(from)
	if len(s.members) < n {
		s.members = make([]Member, nextSlab(&s.lastMembers, n))
	}
	kept := s.members[:n:n]
	s.members = s.members[n:]
	copy(kept, from)
	return kept
}

func (s *slabs) container() *container {
	if len(s.containers) == 0 {
		s.containers = make([]container, nextSlab(&s.lastContainers, 1))
	}
	c := &s.containers[0]
	s.containers = s.containers[1:]
	return c
}
