import { describeStoreOutage } from '../support/drills/describe-store-outage';

describe('a store that is suspended, under a running service,', () => {
  describeStoreOutage({
    drill: 'store suspended',
    hitsBoth: true,
    leave: ({ mongo }) => mongo.suspend(),
    comeBack: ({ mongo }) => mongo.resume(),
  });
});
