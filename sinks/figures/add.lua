-- Adds what one turn of a partition adds to the figures, unless that was done before: all at once or not at all.
-- KEYS[1]: by partition, the turn that was added last; the others: hashes of figures.
-- ARGV: the partition, its turn; then for each of these hashes when it ends (epoch seconds, 0: never), how many fields follow, and each
-- field with what is added to it.
-- Answers 0 where the turn was added before, 1 where it is now.
local through = redis.call('HGET', KEYS[1], ARGV[1])
if through and tonumber(ARGV[2]) <= tonumber(through) then
  return 0
end
local at = 3
for key = 2, #KEYS do
  local ends, fields = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  for _ = 1, fields do
    redis.call('HINCRBY', KEYS[key], ARGV[at], ARGV[at + 1])
    at = at + 2
  end
  if ends ~= '0' then
    redis.call('EXPIREAT', KEYS[key], ends)
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
