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
  'IP_NOT_ALLOWED',
  'INSUFFICIENT_SCOPE',
  'BINDING_MISMATCH',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'VALID',
];

/** What Prometheus is told, by door and code. */
async function told(): Promise<Record<string, number>> {
  const metric = await register.getSingleMetric('keyward_decisions_total')?.get();
  return Object.fromEntries(
    (metric?.values ?? []).map(({ labels, value }) => [`${labels['door']} ${labels['code']}`, value]),
  );
}

describe('an operator', () => {
  const metrics = new DecisionMetrics();

  it('is told of every code at every door from the start, at 0', async () => {
    const all = DOORS.flatMap((door) => CODES.map((code) => [`${door} ${code}`, 0]));
    expect(await told()).toEqual(Object.fromEntries(all));
    expect(await register.getSingleMetricAsString('keyward_decisions_total')).toMatch(/^# HELP \S+ \S/);
  });

  it('sees each decision counted once, at its door and by its code alone', async () => {
    for (const door of DOORS) {
      for (const code of CODES) {
        const before = await told();
        metrics.count(door, code);
        const name = `${door} ${code}`;
        expect(await told()).toEqual({ ...before, [name]: (before[name] ?? 0) + 1 });
      }
    }
  });

  it('sees decisions counted that come late, and those that could not be made', async () => {
    const before = await told();
    const made = { code: 'REVOKED' } as const;
    expect(await metrics.counted('verify', Promise.resolve(made))).toBe(made);
    expect(await metrics.counted('verify', made)).toBe(made);
    const away = new Error('the store is away');
    await expect(metrics.counted('introspect', Promise.reject(away))).rejects.toBe(away);
    expect(await told()).toEqual({
      ...before,
      'verify REVOKED': (before['verify REVOKED'] ?? 0) + 2,
      'introspect UNAVAILABLE': (before['introspect UNAVAILABLE'] ?? 0) + 1,
    });
  });
});
