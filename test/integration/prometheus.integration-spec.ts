import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runBuiltService } from '../support/node-process';
import { HttpClient } from '../support/http-client';
import { eventuallyIs } from '../support/patience';
import { metricsIn } from '../support/integration/prometheus/metric-names';
import { type Prometheus, startPrometheus } from '../support/integration/prometheus/prometheus';
import { type RedisServer, startRedis } from '../support/integration/redis';

const run = promisify(execFile);
const ROOT = join(__dirname, '../..');
const RULES = join(ROOT, 'docs/operations/alerts.yaml');
const DASHBOARD = join(ROOT, 'docs/operations/grafana-dashboard.json');

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** Returns every expression of the dashboard, with Grafana's variables filled in. */
function dashboardExpressions(): readonly string[] {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { panels: readonly Panel[] };
  return panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .map((expr) =>
      expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', 'keyward').replaceAll('$instance', '.*'),
    );
}

/** Returns every expression of the alert rules, as promtool and Prometheus read them. */
function alertExpressions(): readonly string[] {
  const text = readFileSync(RULES, 'utf8');
  return [...text.matchAll(/^ {8}expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/gm)].map(([, block, line]) =>
    String(block ?? line),
  );
}

describe('the metrics of a loaded service, in a real Prometheus', () => {
  let redis: RedisServer;
  let service: Awaited<ReturnType<typeof runBuiltService>>;
  let prometheus: Prometheus;
  const uses: Record<string, number> = { acme: 60, globex: 40 };

  beforeAll(async () => {
    redis = await startRedis();
    service = await runBuiltService({
      NODE_ENV: 'development',
      STORAGE: 'memory',
      METRICS_PORT: '0',
      REDIS_URL: redis.url,
      LOG_LEVEL: 'fatal',
    });
    const [, operations = ''] = await service.waitFor(/health and metrics on (\S+)/);
    const [, rootToken = ''] = await service.waitFor(/root key: (\S+)/);
    prometheus = await startPrometheus(new URL(operations).host, RULES);

    const root = new HttpClient(service.url, rootToken);
    for (const [orgId, times] of Object.entries(uses)) {
      const { body } = await root.post('/v1/api-keys', { name: orgId, scopes: [], orgId });
      const holder = new HttpClient(service.url, String(body['token']));
      await Promise.all(
        Array.from({ length: times }, async () =>
          holder.get(`/v1/forward-auth?authenticated=1&org=${orgId}`),
        ),
      );
    }
    await new HttpClient(service.url, 'nonsense').get('/v1/api-keys');
  });
  afterAll(async () => {
    await prometheus.stop();
    await service.stop();
    await redis.stop();
  });

  const sum = async (expression: string): Promise<number | undefined> =>
    (await prometheus.query(`sum(${expression})`))[0]?.value;

  it('count every decision of both tenants, and contain no tenant or key id', async () => {
    await eventuallyIs(async () => sum('keyward_decisions_total{door="guard",code="MALFORMED"}'), 1);
    expect(await sum('keyward_decisions_total{door="forward-auth",code="VALID"}')).toBe(100);
    expect(
      await sum('keyward_http_request_duration_seconds_count{route="/v1/forward-auth",status="2xx"}'),
    ).toBe(100);
    const labels = JSON.stringify(await prometheus.query('{job="keyward"}'));
    expect(labels).not.toMatch(/acme|globex|01[0-9a-hjkmnp-tv-z]{24}/);
  });

  it('include every metric that the dashboard and alert rules query, and no other of Keyward', async () => {
    const expressions = [...dashboardExpressions(), ...alertExpressions()];
    const rules = readFileSync(RULES, 'utf8').match(/- alert:/g) ?? [];
    expect(alertExpressions()).toHaveLength(rules.length);
    const scraped = await prometheus.names();
    for (const expression of expressions) {
      const names = metricsIn(expression);
      expect([expression, names.length > 0]).toEqual([expression, true]);
      for (const name of names)
        expect([expression, name, scraped.has(name)]).toEqual([expression, name, true]);
      await prometheus.query(expression);
    }
    const used = new Set(expressions.flatMap(metricsIn));
    const ours = [...scraped].filter((name) => name.startsWith('keyward_'));
    expect(ours.filter((name) => !used.has(name))).toEqual([]);
  });

  it('return data for each panel of the dashboard', async () => {
    for (const expression of dashboardExpressions()) {
      const drawn = async (): Promise<boolean> => (await prometheus.query(expression)).length > 0;
      await eventuallyIs(drawn, true);
    }
  });

  it('have no findings by promtool check metrics', async () => {
    const [, operations = ''] = await service.waitFor(/health and metrics on (\S+)/);
    const { text } = await new HttpClient(operations).get('/metrics');
    const ours = text.split('\n').filter((line) => /^(?:# (?:HELP|TYPE) )?keyward_/.test(line));
    expect(ours.length).toBeGreaterThan(50);
    const checking = run('promtool', ['check', 'metrics']);
    checking.child.stdin?.end(`${ours.join('\n')}\n`);
    expect((await checking).stderr).toBe('');
  });
});

describe('the alert rules', () => {
  it('are accepted by promtool, and pass the tests of when they fire', async () => {
    expect((await run('promtool', ['check', 'rules', RULES])).stdout).toContain('SUCCESS');
    const tests = join(ROOT, 'test/support/integration/prometheus/alerts.test.yaml');
    expect((await run('promtool', ['test', 'rules', tests])).stdout).toContain('SUCCESS');
  });

  it('each have a test and a description in docs/operations', () => {
    const tests = readFileSync(join(ROOT, 'test/support/integration/prometheus/alerts.test.yaml'), 'utf8');
    const guide = readFileSync(join(ROOT, 'docs/operations/README.md'), 'utf8');
    for (const [, alert = ''] of readFileSync(RULES, 'utf8').matchAll(/- alert: (\w+)/g)) {
      expect([alert, new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:`).test(tests)]).toEqual([alert, true]);
      expect([alert, guide.includes(`\`${alert}\``)]).toEqual([alert, true]);
    }
  });
});
