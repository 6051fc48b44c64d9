-- Registers a node with a tenant, before it serves it, and again when it finds itself removed or its lease ended. Each registration has a name of
-- its own, so that whoever removes a dead one cannot hit the one that came after it.
--
-- KEYS[1] applied  hash node -> "<revision>:<commit id>" that it has applied
-- KEYS[2] epoch    string, another one whenever the fields of applied change
-- KEYS[3] head     string "<revision>:<commit id>"
--
-- ARGV[1] node, by the name of this registration
-- ARGV[2] what it has applied
-- ARGV[3] the new epoch
-- ARGV[4] channel to publish on
-- ARGV[5] message that tells the other nodes to look
-- ARGV[6…] names of earlier registrations of the same node, which end
--
-- Output {epoch, head or "", {node, applied, node, applied, …}}
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if ARGV[6] then
  redis.call('HDEL', KEYS[1], unpack(ARGV, 6))
end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return {ARGV[3], redis.call('GET', KEYS[3]) or '', redis.call('HGETALL', KEYS[1])}
