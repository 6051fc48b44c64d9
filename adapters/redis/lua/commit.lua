-- Applies one commit, or says why not. There is no rollback: everything is checked before anything is written, and of the writes the
-- stream entry comes first, because it is the only one that can be refused (out of memory, an id that is not the next).
--
-- KEYS[1] head     string "<revision>:<commit id>"
-- KEYS[2] records  hash "<kind>/<id>" -> "<version> <revision> <length of refs> <refs><data>"; refs is a JSON array of fields, or empty
-- KEYS[3] refs     hash "<kind>/<id>" -> how often records refer to it
-- KEYS[4] log      stream, entry ids "<revision>-0", fields c: commit id, p: previous commit id or empty, d: one after the other for each
--                  change "+<version> <length of field> <length of data> <field><data>", or "-0 <length of field> 0 <field>" for a deletion.
--                  (Not a field for each change: Lua passes at most 8,000 arguments to a command.)
-- KEYS[5] commits  sorted set commit id -> revision, as far back as the log
-- KEYS[6] resent   string, the number of the latest attempt at this commit that arrived; there only for commits that were sent again
-- KEYS[7] epoch    string, another one whenever the set of nodes that have the tenant open changes
--
-- ARGV[1] commit id
-- ARGV[2] attempt: 0, or how often an answer to this commit was lost before
-- ARGV[3] since: the revision that the sender had seen when it made the commit id
-- ARGV[4] channel to publish on
-- ARGV[5] tenant
-- ARGV[6] how many entries the log keeps
-- ARGV[7] "~" or "=": how exactly it is trimmed
-- ARGV[8] number of conditions; for each of them three more: one of a(bsent) e(xists) v(ersion) u(nreferenced), field, version
-- then for each change four: one of p(ut) d(elete), field, data, refs
--
-- Output, one of
--   "ok <revision> <previous commit id or -> <epoch or -> <per change: the version put; for a deletion 1 when there was something, else 0>"
--   "at <revision> <commit id or -> <epoch or ->"           no changes, and all conditions hold
--   "no <number of the condition, from 1> <exists|missing|mismatch|used>"
--   "void <attempt>"                                       a later attempt has arrived already: this one did nothing
--   "trimmed"                                              sent again, and the log does not reach back far enough to tell
--   {"done", <epoch or ->, <entry id>, {<fields and values of the entry>}}   the commit stands already
local records, refcounts, log = KEYS[2], KEYS[3], KEYS[4]
local found = redis.call('MGET', KEYS[1], KEYS[6], KEYS[7])
local rev, last, epoch = 0, '', found[3] or '-'
if found[1] then
  local colon = string.find(found[1], ':', 1, true)
  rev, last = tonumber(string.sub(found[1], 1, colon - 1)), string.sub(found[1], colon + 1)
end

local conditions = tonumber(ARGV[8])
local next = 9 + 3 * conditions
if next <= #ARGV then
  local attempt = tonumber(ARGV[2])
  if found[2] and tonumber(found[2]) > attempt then
    return 'void ' .. found[2]
  end
  local at = redis.call('ZSCORE', KEYS[5], ARGV[1])
  if at then
    local id = string.format('%.0f-0', tonumber(at))
    local entry = redis.call('XRANGE', log, id, id)[1]
    if not entry then
      return 'trimmed'
    end
    return {'done', epoch, entry[1], entry[2]}
  end
  if attempt > 0 then
    local oldest = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')[2]
    if oldest and tonumber(oldest) > tonumber(ARGV[3]) + 1 then
      return 'trimmed'
    end
    -- From here on the earlier attempts, which may still lie in some buffer, are void: what is answered now stays true.
    redis.call('SET', KEYS[6], ARGV[2], 'PX', 3600000)
  end
end

local known = {}
for n = 1, conditions do
  local at = 6 + 3 * n
  local what, field = ARGV[at], ARGV[at + 1]
  if what == 'a' then
    if redis.call('HEXISTS', records, field) == 1 then
      return 'no ' .. n .. ' exists'
    end
    known[field] = false
  elseif what == 'e' then
    if redis.call('HEXISTS', records, field) == 0 then
      return 'no ' .. n .. ' missing'
    end
  elseif what == 'v' then
    local old = redis.call('HGET', records, field)
    if not old then
      return 'no ' .. n .. ' missing'
    end
    if string.match(old, '^%d+') ~= ARGV[at + 2] then
      return 'no ' .. n .. ' mismatch'
    end
    known[field] = old
  elseif redis.call('HEXISTS', refcounts, field) == 1 then
    return 'no ' .. n .. ' used'
  end
end
if next > #ARGV then
  return 'at ' .. string.format('%.0f', rev) .. ' ' .. (last == '' and '-' or last) .. ' ' .. epoch
end

rev = rev + 1
local revision = string.format('%.0f', rev) -- a plain conversion would give 1e+14
local counts
local function count(refs, by)
  counts = counts or {}
  for _, target in ipairs(cjson.decode(refs)) do
    counts[target] = (counts[target] or 0) + by
  end
end

local sets, gone, told = {}, {}, {}
local answer = {'ok', revision, last == '' and '-' or last, epoch}
for at = next, #ARGV, 4 do
  local field, data, refs = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local old = known[field]
  if old == nil then
    old = redis.call('HGET', records, field)
  end
  local version = 0
  if old then
    local v, length, start = string.match(old, '^(%d+) %d+ (%d+) ()')
    version = tonumber(v)
    if length ~= '0' then
      count(string.sub(old, start, start + tonumber(length) - 1), -1)
    end
  end
  if ARGV[at] == 'p' then
    local now = string.format('%.0f', version + 1)
    sets[#sets + 1] = field
    sets[#sets + 1] = now .. ' ' .. revision .. ' ' .. #refs .. ' ' .. refs .. data
    told[#told + 1] = '+' .. now .. ' ' .. #field .. ' ' .. #data .. ' ' .. field .. data
    if refs ~= '' then
      count(refs, 1)
    end
    answer[#answer + 1] = now
  elseif old then
    gone[#gone + 1] = field
    told[#told + 1] = '-0 ' .. #field .. ' 0 ' .. field
    answer[#answer + 1] = '1'
  else
    answer[#answer + 1] = '0'
  end
end

local trim = rev - tonumber(ARGV[6]) + 1 -- the first that the log keeps
if trim > 1 then
  redis.call('XADD', log, 'MINID', ARGV[7], string.format('%.0f-0', trim),
    revision .. '-0', 'c', ARGV[1], 'p', last, 'd', table.concat(told))
else
  redis.call('XADD', log, revision .. '-0', 'c', ARGV[1], 'p', last, 'd', table.concat(told))
end
for first = 1, #sets, 4000 do
  redis.call('HSET', records, unpack(sets, first, math.min(first + 3999, #sets)))
end
for first = 1, #gone, 4000 do
  redis.call('HDEL', records, unpack(gone, first, math.min(first + 3999, #gone)))
end
if counts then
  for target, by in pairs(counts) do
    if by ~= 0 and redis.call('HINCRBY', refcounts, target, by) <= 0 then
      redis.call('HDEL', refcounts, target)
    end
  end
end
redis.call('SET', KEYS[1], revision .. ':' .. ARGV[1])
redis.call('ZADD', KEYS[5], revision, ARGV[1])
if trim > 1 and rev % 64 == 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', string.format('(%.0f', trim))
end
redis.call('PUBLISH', ARGV[4], 'c ' .. ARGV[5] .. ' ' .. revision)
return table.concat(answer, ' ')
