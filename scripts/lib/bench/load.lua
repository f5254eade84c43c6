-- For wrk: its totals in one line, not rounded. No function is called for a request.
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("load %d %d %d %d %d %d %d\n", summary.duration, summary.requests, summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(99)))
end
