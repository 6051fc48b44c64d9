-- Removes nodes from a tenant: the caller itself when it closes the tenant, or others whose lease has ended.
--
-- KEYS[1] applied  hash node -> "<revision>:<commit id>" that it has applied
-- KEYS[2] epoch    string, another one whenever the fields of applied change
--
-- ARGV[1] the new epoch
-- ARGV[2] channel to publish on
-- ARGV[3] message that tells the other nodes to look
-- ARGV[4…] nodes
--
-- Output: how many of the nodes were registered
local removed = redis.call('HDEL', KEYS[1], unpack(ARGV, 4))
if removed > 0 then
  redis.call('SET', KEYS[2], ARGV[1])
  redis.call('PUBLISH', ARGV[2], ARGV[3])
end
return removed
