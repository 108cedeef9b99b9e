import assert from 'node:assert/strict';
import { carriedBy, registerCarrier } from './carriers';

describe('which outlets are carried', () => {
  it('by any changed stock of their account, as long as it runs', () => {
    const only = (...outlets: string[]) => ({ carries: (outlet: string) => outlets.includes(outlet) });
    assert.equal(carriedBy('p:1', 'carriers-a'), 'none');
    const end = registerCarrier({ account: 'carriers-a', ...only('p:1') });
    const endOther = registerCarrier({ account: 'carriers-b', ...only('p:2') });
    assert.equal(carriedBy('p:1', 'carriers-a'), 'carried');
    assert.equal(carriedBy('p:2', 'carriers-a'), 'others');
    end();
    endOther();
    assert.equal(carriedBy('p:1', 'carriers-a'), 'none');
  });
});
