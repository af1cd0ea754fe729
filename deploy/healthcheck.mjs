// The container's health: whether the process answers. Readiness would take a healthy instance down with its store.
// Where METRICS_PORT is set, health is served there and not on PORT.
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
