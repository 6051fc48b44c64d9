package conformance

import (
	"encoding/json"
	"math/big"
	"strings"
)

// sameNumber compares two JSON numbers by value, not by how they are written:
// 1, 1.0 and 10e-1 are one number. It works on the digits, because a literal
// such as 1e999999999 is valid JSON and must not be multiplied out.
func sameNumber(a, b json.Number) bool {
	da, ea, na := scientific(string(a))
	db, eb, nb := scientific(string(b))
	if da == "" || db == "" {
		return da == db
	}
	return na == nb && da == db && ea.Cmp(eb) == 0
}

// scientific splits a JSON number into its digits without zeros at either end
// (empty for zero), the power of ten of the digits' last place, and its sign.
func scientific(literal string) (digits string, exponent *big.Int, negative bool) {
	literal, negative = strings.CutPrefix(literal, "-")
	mantissa, power := literal, ""
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		mantissa, power = literal[:i], literal[i+1:]
	}
	exponent = new(big.Int)
	if power != "" {
		exponent.SetString(strings.TrimPrefix(power, "+"), 10)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent.Sub(exponent, big.NewInt(int64(len(fraction))))
	all := whole + fraction
	digits = strings.TrimRight(all, "0")
	exponent.Add(exponent, big.NewInt(int64(len(all)-len(digits))))
	return strings.TrimLeft(digits, "0"), exponent, negative
}
