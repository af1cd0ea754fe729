import { createHash } from 'node:crypto';
import { MAX_WINDOWS } from './window-counts';

/**
 * Counts a request in Redis by the rules of `LocalRateLimiter`. Each key is a hash: a field for each window with its count and
 * its end. Uses the time of Redis, so that the clocks of the instances do not matter.
 *
 * KEYS: a subject each. ARGV: the cost, and for each subject the number of its windows, and their lengths in seconds, each with
 * the lowest limit. Returns 1 or 0, and for each window the count and the milliseconds until its end.
 */
export const COUNT_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local cost = tonumber(ARGV[1])
local at = 2
local allowed = 1
local subjects = {}
for index, key in ipairs(KEYS) do
  local windows, asked, size, largest = {}, {}, 0, 0
  local stored = redis.call('HGETALL', key)
  for i = 1, #stored, 2 do
    local used, ends = string.match(stored[i + 1], '^(%d+):(%d+)$')
    local window = { used = tonumber(used), ends = math.min(tonumber(ends), now + stored[i] * 1000) }
    windows[stored[i]] = window
    if window.ends > now then largest = math.max(largest, window.used) end
  end
  for i = 1, tonumber(ARGV[at]) do
    local seconds, limit = ARGV[at + 2 * i - 1], tonumber(ARGV[at + 2 * i])
    local window = windows[seconds]
    if not window then
      window = { used = largest, ends = now + seconds * 1000 }
    elseif window.ends <= now then
      window = { used = 0, ends = now + seconds * 1000 }
    end
    window.asked = true
    windows[seconds] = window
    asked[i] = window
    if window.used + cost > limit then allowed = 0 end
  end
  at = at + 1 + 2 * tonumber(ARGV[at])
  for seconds, window in pairs(windows) do
    if window.ends > now then size = size + 1 else windows[seconds] = nil end
  end
  while size > ${MAX_WINDOWS} do
    local first
    for seconds, window in pairs(windows) do
      if not window.asked and (not first or window.ends < windows[first].ends) then first = seconds end
    end
    windows[first] = nil
    size = size - 1
  end
  subjects[index] = { windows = windows, asked = asked }
end
local answer = { allowed }
for index, key in ipairs(KEYS) do
  local fields, longest = {}, 0
  for seconds, window in pairs(subjects[index].windows) do
    window.used = window.used + cost * allowed
    longest = math.max(longest, window.ends - now)
    fields[#fields + 1] = seconds
    fields[#fields + 1] = string.format('%.0f:%.0f', window.used, window.ends)
  end
  redis.call('DEL', key)
  redis.call('HSET', key, unpack(fields))
  redis.call('PEXPIRE', key, string.format('%.0f', longest))
  for _, window in ipairs(subjects[index].asked) do
    answer[#answer + 1] = window.used
    answer[#answer + 1] = window.ends - now
  end
end
return answer
`;

/** The name under which Redis caches the script. */
export const COUNT_SCRIPT_SHA = createHash('sha1').update(COUNT_SCRIPT).digest('hex');
