-- Renews the lease of a node, reads everybody's, and tells which master this is and since when it is one.
--
-- KEYS[1] nodes   sorted set node -> end of its lease, in milliseconds of this server's clock
-- KEYS[2] master  string "<replication id> <time>": the one under which leases were renewed last, and when that began (0: from the start)
--
-- ARGV[1] node
-- ARGV[2] life of a lease in milliseconds
-- ARGV[3] leases that ended longer than this many milliseconds ago are forgotten; 0 forgets none
--
-- Output {now, what was left of the own lease (negative when it had ended, "" when there was none), replication id, since when it counts,
--         {node, end, node, end, …}}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- Another one whenever a server starts or is promoted.
local id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local known = redis.call('GET', KEYS[2])
local was, since = string.match(known or '', '^(%x+) (%d+)$')
if was ~= id then
  since = known and string.format('%.0f', now) or '0'
  redis.call('SET', KEYS[2], id .. ' ' .. since)
end
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
if ARGV[3] ~= '0' then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - tonumber(ARGV[3])))
end
local left = ''
if before then
  left = string.format('%.0f', tonumber(before) - now)
end
return {string.format('%.0f', now), left, id, since, redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')}
