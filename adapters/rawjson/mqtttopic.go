package rawjson

import (
	"math"
	"strings"
	"unicode/utf8"
)

// isExactTopic tells whether a message can be published to topic: UTF-8 without NUL, of at most 65,535 bytes (MQTT 5, 4.7.3), no
// wildcards, and none of the broker's own names, which begin with $.
func isExactTopic(topic string) bool {
	return topic != "" && len(topic) <= math.MaxUint16 && topic[0] != '$' && !strings.ContainsAny(topic, "+#\x00") && utf8.ValidString(topic)
}

// isForbiddenFilter tells whether subscribing to filter ends the connection.
func (t *MQTT) isForbiddenFilter(filter string) bool {
	return filter == t.options.RequestTopic || strings.ContainsAny(filter, "+#") || strings.HasPrefix(filter, "$share")
}

// isResponseTopic tells whether a client may name topic for the answer to its request.
func (t *MQTT) isResponseTopic(topic string) bool {
	return isExactTopic(topic) && topic != t.options.RequestTopic
}
