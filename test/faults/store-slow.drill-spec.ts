import { describeStoreOutage } from '../support/drills/describe-store-outage';

/** Both ways together, this is longer than the service waits for an operation. */
const DELAY_MS = 1000;

describe('two instances, of which one has a slow connection to the store,', () => {
  describeStoreOutage({
    drill: 'store slow',
    hitsBoth: false,
    leave: ({ proxy }) => proxy.delay(DELAY_MS),
    comeBack: async ({ proxy }) => proxy.restore(),
  });
});
