-- Reads which nodes have a tenant open and what they have applied, at one instant.
--
-- KEYS[1] applied  hash node -> "<revision>:<commit id>" that it has applied
-- KEYS[2] epoch    string, another one whenever the fields of applied change
-- KEYS[3] head     string "<revision>:<commit id>"
--
-- Output {epoch or "", head or "", {node, applied, node, applied, …}}
return {redis.call('GET', KEYS[2]) or '', redis.call('GET', KEYS[3]) or '', redis.call('HGETALL', KEYS[1])}
