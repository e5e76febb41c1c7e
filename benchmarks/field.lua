-- Asks about one of many records at a time. Arguments: the method, the path, the file with the body, the Authorization
-- header, the number of keys to choose from, and the first of the words that differ. {key} stands for a key in path and
-- body, {word} for what differs.

local method, path, body, keys, word

function init(args)
  method, path = args[1], args[2]
  local file = assert(io.open(args[3], "rb"))
  body = file:read("*a")
  file:close()
  wrk.headers["Authorization"] = args[4]
  wrk.headers["Content-Type"] = "application/json"
  keys, word = tonumber(args[5]), tonumber(args[6])
  math.randomseed(word)
end

function request()
  word = word + 1
  local said = { key = string.format("K%07d", math.random(keys)), word = tostring(word) }
  local content = body ~= "" and body:gsub("{(%w+)}", said) or nil
  return wrk.format(method, (path:gsub("{(%w+)}", said)), nil, content)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "failed": %d, "median": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
