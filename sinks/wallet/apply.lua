-- Adds a grant to a member's wallet, unless it was added before: all of it or nothing (sinks/wallet/script.py has the keys and answers).
--
-- What was granted is remembered by runs of ordinals: a grant's id that ends in a number is remembered in a field named like the rest of it,
-- which ends in `/`, as "1-40,45-60": ascending, apart, disjoint. Any other id is a field of its own, with `=` after it. Two ids are the
-- same field and number only if they are the same id, for a number is written in one way.
local wallet, granted, id = KEYS[1], KEYS[2], ARGV[1]
local most_runs, most_fields = tonumber(ARGV[2]), tonumber(ARGV[3])
local REFUSED, KNOWN, APPLIED, FULL = -1, 0, 1, 2

-- With a third key, the ids that lead to the member: of an id that leaves there is only what is to be done.
if KEYS[3] then
  if id == 'takes' then return redis.call('SADD', KEYS[3], ARGV[2]) end
  local held = redis.call('EXISTS', wallet, KEYS[3])
  redis.call('DEL', wallet, granted, KEYS[3])
  -- What was given before and is only delivered now, from another topic, is dropped.
  redis.call('SET', granted, 'deleted', 'EX', ARGV[2])
  return held > 0 and APPLIED or KNOWN
end

local function place(grant_id)
  local field, digits = string.match(grant_id, '^(.*/)([1-9]%d*)$')
  -- Beyond 15 digits two numbers may be one to Lua.
  if field and #digits <= 15 then return field, tonumber(digits) end
  return grant_id .. '=', 1
end

local function written(first, last)
  return string.format('%.0f-%.0f', first, last)
end

-- The runs with a number added, and how many they are; the same text where it is among them; nil where the text holds no runs.
local function with(runs, number)
  -- The next ordinal, as nearly always: the last run grows.
  local before, first, last = string.match(runs, '^(.-)(%d+)%-(%d+)$')
  if last and tonumber(last) + 1 == number then return before .. first .. '-' .. string.format('%.0f', number), 0 end
  local from, to, done, found, rest = number, number, {}, 0, {}
  for first_text, last_text in string.gmatch(runs .. ',', '(%d+)%-(%d+),') do
    local a, b = tonumber(first_text), tonumber(last_text)
    found = found + #first_text + #last_text + 2
    if a <= number and number <= b then return runs, 0 end
    if b + 1 < from then done[#done + 1] = written(a, b)
    elseif to + 1 < a then rest[#rest + 1] = written(a, b)
    else from, to = math.min(from, a), math.max(to, b) end
  end
  if found ~= (runs == '' and 0 or #runs + 1) then return nil end
  done[#done + 1] = written(from, to)
  for _, each in ipairs(rest) do done[#done + 1] = each end
  return table.concat(done, ','), #done
end

-- What a release before this one remembered: the ids themselves, in a set. As fields, made in one go from sorted numbers.
local function moved(ids)
  local numbers, fields = {}, {}
  for _, each in ipairs(ids) do
    local field, number = place(each)
    numbers[field] = numbers[field] or {}
    table.insert(numbers[field], number)
  end
  for field, each in pairs(numbers) do
    table.sort(each)
    local runs, first = {}, each[1]
    for at, number in ipairs(each) do
      if each[at + 1] ~= number + 1 then
        runs[#runs + 1] = written(first, number)
        first = each[at + 1]
      end
    end
    fields[field] = table.concat(runs, ',')
  end
  return fields
end

-- Whatever could fail is looked at before the first write, for a script that fails in the middle is not undone.
local field, number = place(id)
local kind = redis.call('TYPE', granted)['ok']
local old, runs, size
if kind == 'set' then
  if redis.call('SISMEMBER', granted, id) == 1 then return KNOWN end
  old = moved(redis.call('SMEMBERS', granted))
  runs = old[field]
elseif kind == 'string' and redis.call('GET', granted) == 'deleted' then
  return KNOWN
elseif kind == 'hash' or kind == 'none' then
  runs = redis.call('HGET', granted, field) or nil
  if not runs and redis.call('HLEN', granted) >= most_fields then return FULL end
else
  return REFUSED
end
local known_now, count = with(runs or '', number)
if not known_now then return REFUSED end
if known_now == runs then return KNOWN end
if count > most_runs then return FULL end
-- Sums of 18 digits and what one grant can add stay within the 64 bits that Redis adds in.
for at = 4, #ARGV, 2 do
  local held = redis.pcall('HGET', wallet, ARGV[at])
  if type(held) == 'table' then return REFUSED end
  if held and (#held > 18 or not string.find(held, '^%d+$')) then return REFUSED end
end

-- An end of validity is a field of its own.
if redis.call('HLEN', wallet) >= most_fields then
  for at = 4, #ARGV, 2 do
    if not redis.call('HGET', wallet, ARGV[at]) then return FULL end
  end
end

if old then
  redis.call('DEL', granted)
  for each, remembered in pairs(old) do redis.call('HSET', granted, each, remembered) end
end
redis.call('HSET', granted, field, known_now)
for at = 4, #ARGV, 2 do
  redis.call('HINCRBY', wallet, ARGV[at], ARGV[at + 1])
end
return APPLIED
