import { LocalRateLimiter } from '../../src/api-keys/limits/local-rate-limiter';
import { describeRateLimiter } from './rate-limiter.contract';

describe('the rate limiter of one process', () => {
  beforeEach(() => void jest.useFakeTimers({ now: new Date('2027-01-31T12:00:00.000Z') }));
  afterEach(() => void jest.useRealTimers());

  describeRateLimiter(
    async () => ({
      limiter: new LocalRateLimiter(),
      advance: async (seconds) => {
        jest.advanceTimersByTime(seconds * 1000);
      },
    }),
    300,
  );
});
