package config

// closest returns the candidate that the word is most likely a misspelling of, if one is near enough to be worth naming.
func closest(word string, candidates []string) (string, bool) {
	best, found := "", false
	limit := max(1, len(word)/3) + 1
	for _, candidate := range candidates {
		if d := distance(word, candidate); d < limit {
			best, limit, found = candidate, d, true
		}
	}
	return best, found
}

// distance counts the letters to insert, drop, change or swap with their neighbour to make one word of the other (the optimal string
// alignment distance). Words that are longer than any key are far from all of them and not compared.
func distance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return longest
	}
	var before, previous []int
	current := make([]int, len(b)+1)
	for j := range current {
		current[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, previous, current = previous, current, make([]int, len(b)+1)
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
	}
	return current[len(b)]
}
