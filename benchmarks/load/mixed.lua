-- Sends the requests in the folder LOAD in a cycle, and compares every response with the recorded one.
-- The X-Request-ID tells which request a response belongs to; wrk does not.
local folder = os.getenv("LOAD")
local requests, expected, count = {}, {}, 0
local threads = {}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

function setup(thread)
  table.insert(threads, thread)
end

function init()
  answered, wrong, refused = 0, 0, 0
  for line in io.lines(folder .. "/requests.txt") do
    count = count + 1
    local path, content_type, status = line:match("^(%S+) (%S+) (%d+)$")
    local headers = { ["Content-Type"] = content_type, ["X-Request-ID"] = tostring(count) }
    requests[count] = wrk.format("POST", path, headers, read(folder .. "/" .. count .. ".request"))
    expected[count] = { status = tonumber(status), body = read(folder .. "/" .. count .. ".answer") }
  end
  math.randomseed(os.time())
  position = math.random(count)
end

function request()
  position = position % count + 1
  return requests[position]
end

function response(status, headers, body)
  answered = answered + 1
  local known = expected[tonumber(headers["x-request-id"])]
  if known == nil or status ~= known.status or body ~= known.body then
    wrong = wrong + 1
    if wrong <= 3 then
      io.stderr:write("wrong: ", status, " ", tostring(headers["x-request-id"]), " ", body:sub(1, 300), "\n")
    end
  elseif status ~= 200 then
    refused = refused + 1
  end
end

function done(summary, latency)
  local sums = { answered = 0, wrong = 0, refused = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do
      sums[name] = sums[name] + thread:get(name)
    end
  end
  local errors = summary.errors
  io.write(string.format(
    '{"answered": %d, "wrong": %d, "refused": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d,' ..
      ' "seconds": %.1f, "median_ms": %.2f, "p99_ms": %.2f}\n',
    sums.answered, sums.wrong, sums.refused, errors.connect, errors.read, errors.write, errors.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
