-- Registers a node with a tenant, before it serves it, and again when it finds itself removed or its lease ended. Each registration has a name of
-- its own, so that whoever removes a dead one cannot hit the one that came after it.
--
-- KEYS[1] applied  hash node -> "<revision>:<commit id>" that it has applied
-- KEYS[2] epoch    string, another one whenever the fields of applied change
-- KEYS[3] head     string "<revision>:<commit id>"
-- KEYS[4] commits  sorted set commit id -> revision
--
-- ARGV[1] node, by the name of this registration
-- ARGV[2] revision that it has applied
-- ARGV[3] id of the commit that made it, or empty
-- ARGV[4] the new epoch
-- ARGV[5] channel to publish on
-- ARGV[6] message that tells the other nodes to look
-- ARGV[7…] names of earlier registrations of the same node, which end
--
-- Output {epoch, head or "", {node, applied, node, applied, …}}. Of a commit that this log does not know the node has applied "0:": it is of
-- another history, or older than the log.
local applied = ARGV[2] .. ':' .. ARGV[3]
local head = redis.call('GET', KEYS[3]) or ''
if applied ~= head and redis.call('ZSCORE', KEYS[4], ARGV[3]) ~= ARGV[2] then
  applied = '0:'
end
redis.call('HSET', KEYS[1], ARGV[1], applied)
if ARGV[7] then
  redis.call('HDEL', KEYS[1], unpack(ARGV, 7))
end
redis.call('SET', KEYS[2], ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return {ARGV[4], head, redis.call('HGETALL', KEYS[1])}
