-- For wrk: POSTs the file BODY with the content type TYPE, and prints a summary as JSON.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method, wrk.body = "POST", file:read("*a")
wrk.headers["Content-Type"] = os.getenv("TYPE")
file:close()

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"answered": %d, "failed": %d, "seconds": %.6f}\n',
    summary.requests, failed, summary.duration / 1e6))
end
