import { describeFreshness } from '../support/freshness/describe-freshness';

describe('a second instance, which follows changes by polling,', () => {
  describeFreshness('polling');
});
