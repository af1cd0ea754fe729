import { register } from 'prom-client';
import { type CountedCode, DecisionMetrics, type Door } from './decision-metrics';

const DOORS: readonly Door[] = ['guard', 'verify', 'introspect', 'forward-auth'];
const CODES: readonly CountedCode[] = [
  'MALFORMED',
  'NOT_FOUND',
  'ROTATED',
  'REVOKED',
  'DISABLED',
  'EXPIRED',
  'OWNER_DISABLED',
  'TENANT_SUSPENDED',
  'IP_NOT_ALLOWED',
  'INSUFFICIENT_SCOPE',
  'BINDING_MISMATCH',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'VALID',
];

/** Returns the exported counts, by door and code. */
async function counts(): Promise<Record<string, number>> {
  const metric = await register.getSingleMetric('keyward_decisions_total')?.get();
  return Object.fromEntries(
    (metric?.values ?? []).map(({ labels, value }) => [`${labels['door']} ${labels['code']}`, value]),
  );
}

describe('the decision metrics', () => {
  const metrics = new DecisionMetrics();

  it('contain a count of 0 for every door and code before the first decision', async () => {
    const all = DOORS.flatMap((door) => CODES.map((code) => [`${door} ${code}`, 0]));
    expect(await counts()).toEqual(Object.fromEntries(all));
    expect(await register.getSingleMetricAsString('keyward_decisions_total')).toMatch(/^# HELP \S+ \S/);
  });

  it('count each decision once, by its door and code', async () => {
    for (const door of DOORS) {
      for (const code of CODES) {
        const before = await counts();
        metrics.count(door, code);
        const name = `${door} ${code}`;
        expect(await counts()).toEqual({ ...before, [name]: (before[name] ?? 0) + 1 });
      }
    }
  });

  it('count a decision or its promise, and a rejected promise as UNAVAILABLE', async () => {
    const before = await counts();
    const made = { code: 'REVOKED' } as const;
    expect(await metrics.counted('verify', Promise.resolve(made))).toBe(made);
    expect(await metrics.counted('verify', made)).toBe(made);
    const away = new Error('the store is unreachable');
    await expect(metrics.counted('introspect', Promise.reject(away))).rejects.toBe(away);
    expect(await counts()).toEqual({
      ...before,
      'verify REVOKED': (before['verify REVOKED'] ?? 0) + 2,
      'introspect UNAVAILABLE': (before['introspect UNAVAILABLE'] ?? 0) + 1,
    });
  });
});
