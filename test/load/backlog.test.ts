import { backlog } from './backlog';

describe('backlog: everything changes while the platform is down', function () {
  this.timeout(240_000);

  it('drains in its order, shops in turn, whatever changes meanwhile', async () => {
    await backlog({ items: 15_000, outlets: 5, patience: 120_000, memoryMb: 1_000 });
  });
});
