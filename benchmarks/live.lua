-- Posts forms, each naming a record and saying something new about it. Arguments: the file with the form, the
-- Authorization header, the number of keys to choose from (0: each record once, in rising order), the key before the first, the first of the
-- words that differ.

local form, keys, after, word
local sent = -1 -- wrk asks for one request that it does not send

function init(args)
  local file = assert(io.open(args[1], "rb"))
  form = file:read("*a")
  file:close()
  keys, after, word = tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
  wrk.headers["Authorization"] = args[2]
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  math.randomseed(word)
end

function request()
  sent = sent + 1
  local key = keys > 0 and math.random(keys) or after + sent
  local body = form:gsub("{(%w+)}", { key = string.format("K%07d", key), word = tostring(word + sent) })
  return wrk.format("POST", nil, nil, body)
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
