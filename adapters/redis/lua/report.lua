-- Notes what a node has applied of a tenant and tells the others. A node that was removed does not come back this way: it has to join again. What
-- stands in applied, and what is published, was in the log of that moment, and so is in every later one of the same history.
--
-- KEYS[1] applied  hash node -> "<revision>:<commit id>" that it has applied
-- KEYS[2] epoch    string, another one whenever the fields of applied change
-- KEYS[3] commits  sorted set commit id -> revision
--
-- ARGV[1] node
-- ARGV[2] revision that it has applied
-- ARGV[3] id of the commit that made it, or empty
-- ARGV[4] channel to publish on
-- ARGV[5] message, but for the epoch
--
-- Output: 1; 0 when the node is not registered; 2 when the log does not know that commit, as it is of another history or older than the log
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  return 0
end
if ARGV[2] ~= '0' and redis.call('ZSCORE', KEYS[3], ARGV[3]) ~= ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], '0:')
  return 2
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[5] .. (redis.call('GET', KEYS[2]) or '-'))
return 1
