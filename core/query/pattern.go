package query

// wildcard is a pattern in which * stands for any text and ? for any one character.
type wildcard []wildcardRune

type wildcardRune struct {
	r    rune
	kind uint8
}

// What a rune of a wildcard pattern is.
const (
	runeItself uint8 = iota
	runeAny
	runeMany
)

// wildcardOf reads a pattern; a backslash takes the meaning from what follows.
func wildcardOf(text string, folded bool) wildcard {
	if folded {
		text = fold(text)
	}
	var w wildcard
	rs := []rune(text)
	for i := 0; i < len(rs); i++ {
		x := wildcardRune{r: rs[i]}
		switch {
		case rs[i] == '\\' && i+1 < len(rs):
			i++
			x.r = rs[i]
		case rs[i] == '?':
			x.kind = runeAny
		case rs[i] == '*' && len(w) > 0 && w[len(w)-1].kind == runeMany:
			continue
		case rs[i] == '*':
			x.kind = runeMany
		}
		w = append(w, x)
	}
	return w
}

// matchWildcard goes back to the last * alone, so its time is bounded by the product of the two lengths.
func matchWildcard(w wildcard, text string) bool {
	rs := []rune(text)
	i, star, mark := 0, -1, 0
	for at := 0; at < len(rs); {
		switch {
		case i < len(w) && w[i].kind == runeMany:
			star, mark = i, at
			i++
		case i < len(w) && (w[i].kind == runeAny || w[i].kind == runeItself && w[i].r == rs[at]):
			i++
			at++
		case star >= 0:
			mark++
			i, at = star+1, mark
		default:
			return false
		}
	}
	for i < len(w) && w[i].kind == runeMany {
		i++
	}
	return i == len(w)
}
