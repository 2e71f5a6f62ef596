-- One more attempt at a PIN, counted before it is looked at; how many there are in the time that began with the first of them.
-- KEYS: the count. ARGV: that time in seconds; 0: forget them, it was right.
if ARGV[1] == '0' then
    redis.call('DEL', KEYS[1])
    return 0
end
local count = redis.call('INCR', KEYS[1])
if count == 1 then
    redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return count
