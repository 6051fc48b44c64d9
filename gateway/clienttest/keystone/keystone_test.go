//go:build openstack && linux

package keystone

import "testing"

// TestKeystone holds the gateway and the stand-in to a real Keystone.
func TestKeystone(t *testing.T) {
	c, admin := startKeystone(t)
	g := startGateway(t, c)
	c.offer(t, admin, g.url)
	t.Run("the stand-in answers as Keystone does", func(t *testing.T) { sameAnswers(t, c, startStandIn(t)) })
	t.Run("openstack", func(t *testing.T) { runsOpenStack(t, c, g) })
	keepsPromises(t, c) // ends with an outage
}
