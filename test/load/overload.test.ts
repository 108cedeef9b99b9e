import { overload } from './overload';

describe('overload: webhooks and scans, more than can be taken', function () {
  this.timeout(180_000);

  it('is answered, bounded and over as soon as it ends; what was acknowledged is there', async () => {
    await overload(8, 60_000);
  });
});
