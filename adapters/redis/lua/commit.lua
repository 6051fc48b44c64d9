-- Applies one commit, or says why not. There is no rollback: everything is checked before anything is written, and when memory is short it is the
-- first write that Redis refuses. It is written for few calls of commands and few conversions of numbers, which is where its time goes.
--
-- KEYS[1] head     string "<revision>:<commit id>"
-- KEYS[2] records  hash "<kind>/<id>" -> "<version> <revision> <tail>", the tail being "<length of refs> <refs><data>" with refs a JSON
--                  array of fields, or empty
-- KEYS[3] refs     hash "<kind>/<id>" -> how often records refer to it
-- KEYS[4] log      stream, entry ids "<revision>-0", one field d: "<commit id> <previous commit id or empty> " and then one after the other
--                  for each change "+<version> <length of field> <length of tail> <field><tail>", or "-0 <length of field> 0 <field>" for a
--                  deletion. (One field, since each costs; and Lua passes at most 8,000 arguments to a command.)
-- KEYS[5] commits  sorted set commit id -> revision, as far back as the log
-- KEYS[6] resent   string, the number of the latest attempt at this commit that arrived; there only for commits that were sent again
-- KEYS[7] epoch    string, another one whenever the set of nodes that have the tenant open changes
--
-- ARGV[1] commit id
-- ARGV[2] attempt: 0, or how often an answer to this commit was lost before
-- ARGV[3] since: the revision that the sender had seen when it made the commit id
-- ARGV[4] channel to publish on
-- ARGV[5] message to publish, but for the revision
-- ARGV[6] how many entries the log keeps
-- ARGV[7] the log is trimmed at revisions that are a multiple of this
-- ARGV[8] an epoch in which nobody but the sender has the tenant open, so that there is nobody to tell; or empty
-- ARGV[9] not empty when replicas are to confirm whatever is answered: something is written then in any case, for what they confirm is a write
-- ARGV[10] number of conditions; for each of them three more: one of a(bsent) e(xists) v(ersion) u(nreferenced), field, "<version> " or
--         "<version> <revision> " that the record must have
-- then for each change five: one of p(ut) d(elete); field; "<length of field> <length of tail> <field>"; tail; refs
--
-- Output, one of
--   "ok <revision> <previous commit id or -> <epoch or -> <per change: the version put; for a deletion 1 when there was something, else 0>"
--   "at <revision> <commit id or -> <epoch or ->"           no changes, and all conditions hold
--   "no <number of the condition, from 1> <exists|missing|mismatch|used>"
--   "void <attempt>"                                       a later attempt has arrived already: this one did nothing
--   "trimmed"                                              sent again, and the log does not reach back far enough to tell
--   {"done", <epoch or ->, <entry id>, {<fields and values of the entry>}}   the commit stands already
local records = KEYS[2]
local found = redis.call('MGET', KEYS[1], KEYS[6], KEYS[7])
local rev, last, epoch = '0', '', found[3] or '-'
if found[1] then
  local colon = string.find(found[1], ':', 1, true)
  rev, last = string.sub(found[1], 1, colon - 1), string.sub(found[1], colon + 1)
end

local known, refusal = {}, nil
local next = 11
for n = 1, tonumber(ARGV[10]) do
  local what, field = ARGV[next], ARGV[next + 1]
  if what == 'a' then
    if redis.call('HEXISTS', records, field) == 1 then
      refusal = 'no ' .. n .. ' exists'
      break
    end
    known[field] = false
  elseif what == 'e' then
    if redis.call('HEXISTS', records, field) == 0 then
      refusal = 'no ' .. n .. ' missing'
      break
    end
  elseif what == 'v' then
    local old = redis.call('HGET', records, field)
    if not old then
      refusal = 'no ' .. n .. ' missing'
      break
    end
    if string.sub(old, 1, #ARGV[next + 2]) ~= ARGV[next + 2] then
      refusal = 'no ' .. n .. ' mismatch'
      break
    end
    known[field] = old
  elseif redis.call('HEXISTS', KEYS[3], field) == 1 then
    refusal = 'no ' .. n .. ' used'
    break
  end
  next = next + 3
end
-- Writes something that means nothing, where nothing else is written and the answer is to be confirmed.
local function confirmable()
  if ARGV[9] ~= '' then
    redis.call('SET', KEYS[6], ARGV[2], 'PX', 60000)
  end
end

next = 11 + 3 * tonumber(ARGV[10])
if not ARGV[next] then
  confirmable()
  return refusal or 'at ' .. rev .. ' ' .. (last == '' and '-' or last) .. ' ' .. epoch
end

-- What a commit did that stands already, whatever its conditions say now; nil when it does not stand.
local function standing()
  local at = redis.call('ZSCORE', KEYS[5], ARGV[1])
  if not at then
    return nil
  end
  local id = string.format('%.0f-0', tonumber(at))
  local entry = redis.call('XRANGE', KEYS[4], id, id)[1]
  return entry and {'done', epoch, entry[1], entry[2]} or 'trimmed'
end

if found[2] and tonumber(found[2]) > tonumber(ARGV[2]) then
  return 'void ' .. found[2]
end
if ARGV[2] ~= '0' then
  -- From here on the earlier attempts, which may still lie in some buffer, are void: what is answered now stays true.
  redis.call('SET', KEYS[6], ARGV[2], 'PX', 3600000)
  local done = standing()
  if done then
    return done
  end
  local oldest = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')[2]
  if oldest and tonumber(oldest) > tonumber(ARGV[3]) + 1 then
    return 'trimmed'
  end
  if refusal then
    return refusal
  end
elseif refusal then
  confirmable()
  return standing() or refusal
end

local counts
local function count(refs, by)
  counts = counts or {}
  for _, target in ipairs(cjson.decode(refs)) do
    counts[target] = (counts[target] or 0) + by
  end
end

local number = tonumber(rev) + 1
local revision = string.format('%.0f', number) -- a plain conversion would give 1e+14
local written = ' ' .. revision .. ' '
local sets, gone, told = {}, {}, {ARGV[1] .. ' ' .. last .. ' '}
local answer = {'ok', revision, last == '' and '-' or last, epoch}
while ARGV[next] do
  local field, tail = ARGV[next + 1], ARGV[next + 3]
  local old, version = known[field], '1'
  if old == nil then
    old = redis.call('HGET', records, field)
  end
  if old then
    local was, length, start = string.match(old, '^(%d+) %d+ (%d+) ()')
    version = string.format('%.0f', tonumber(was) + 1)
    if length ~= '0' then
      count(string.sub(old, start, start + tonumber(length) - 1), -1)
    end
  end
  if ARGV[next] == 'p' then
    sets[#sets + 1] = field
    sets[#sets + 1] = version .. written .. tail
    told[#told + 1] = '+' .. version .. ' ' .. ARGV[next + 2] .. tail
    if ARGV[next + 4] ~= '' then
      count(ARGV[next + 4], 1)
    end
    answer[#answer + 1] = version
  elseif old then
    gone[#gone + 1] = field
    told[#told + 1] = '-0 ' .. ARGV[next + 2]
    answer[#answer + 1] = '1'
  else
    answer[#answer + 1] = '0'
  end
  next = next + 5
end

if redis.call('ZADD', KEYS[5], 'NX', revision, ARGV[1]) == 0 then
  confirmable()
  return standing()
end
redis.call('XADD', KEYS[4], revision .. '-0', 'd', table.concat(told))
for first = 1, #sets, 4000 do
  redis.call('HSET', records, unpack(sets, first, math.min(first + 3999, #sets)))
end
for first = 1, #gone, 4000 do
  redis.call('HDEL', records, unpack(gone, first, math.min(first + 3999, #gone)))
end
if counts then
  for target, by in pairs(counts) do
    if by ~= 0 and redis.call('HINCRBY', KEYS[3], target, by) <= 0 then
      redis.call('HDEL', KEYS[3], target)
    end
  end
end
redis.call('SET', KEYS[1], revision .. ':' .. ARGV[1])
if number % tonumber(ARGV[7]) == 0 and number > tonumber(ARGV[6]) then
  local keep = string.format('%.0f', number - tonumber(ARGV[6]) + 1)
  redis.call('XTRIM', KEYS[4], 'MINID', keep)
  redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', '(' .. keep)
end
if epoch ~= ARGV[8] then
  redis.call('PUBLISH', ARGV[4], ARGV[5] .. revision)
end
return table.concat(answer, ' ')
