-- Notes what a node has applied of a tenant and tells the others. A node that was removed does not come back this way: it has to join again.
--
-- KEYS[1] applied  hash node -> "<revision>:<commit id>" that it has applied
--
-- ARGV[1] node
-- ARGV[2] what it has applied
-- ARGV[3] channel to publish on
-- ARGV[4] message
--
-- Output: 1, or 0 when the node is not registered
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
