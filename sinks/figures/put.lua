-- Writes figures as they are now, with the turns that are in them, where nobody has written since they were read: all at once or not at all.
-- KEYS[1]: by partition the turn that is in the figures last, and `version`, which each write raises; the others: hashes of figures.
-- ARGV: the version that was read, how many partitions follow, each with its turn; then for each of these hashes when it ends (epoch seconds,
-- 0: never), how many fields follow, and each field with its value.
-- Answers 0 where somebody has written, 1 where it is done.
local version = redis.call('HGET', KEYS[1], 'version') or '0'
if version ~= ARGV[1] then
  return 0
end
local at = 3
for _ = 1, tonumber(ARGV[2]) do
  redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1])
  at = at + 2
end
for key = 2, #KEYS do
  local ends, fields = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  for _ = 1, fields do
    redis.call('HSET', KEYS[key], ARGV[at], ARGV[at + 1])
    at = at + 2
  end
  if ends ~= '0' then
    redis.call('EXPIREAT', KEYS[key], ends)
  end
end
redis.call('HSET', KEYS[1], 'version', string.format('%.0f', tonumber(version) + 1))
return 1
