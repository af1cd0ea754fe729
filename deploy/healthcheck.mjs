// The container's health check: does the process answer? With readiness, an outage of the store would stop healthy
// instances. If METRICS_PORT is set, health is served on it instead of PORT.
const { METRICS_PORT, METRICS_HOST, HOST, PORT } = process.env;
const [host, port] = METRICS_PORT ? [METRICS_HOST, METRICS_PORT] : [HOST, PORT || '3000'];
const address = !host || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;

try {
  const { status } = await fetch(
    `http://${address.includes(':') ? `[${address}]` : address}:${port}/health/live`,
    {
      signal: AbortSignal.timeout(3000),
    },
  );
  if (status !== 200) throw new Error(`answered ${status}`);
} catch (error) {
  process.stderr.write(`keyward: not healthy: ${error.message}\n`);
  process.exitCode = 1;
}
