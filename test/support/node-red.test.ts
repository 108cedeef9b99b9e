import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type FlowEntry, type RunningNodeRed, startNodeRed } from './node-red';

const hello = (text: string): FlowEntry[] => [
  { id: 'tab', type: 'tab', label: 'test' },
  { id: 'in', type: 'http in', z: 'tab', x: 100, y: 80, url: '/hello', method: 'get', wires: [['say']] },
  { id: 'say', type: 'template', z: 'tab', x: 300, y: 80, field: 'payload', template: text, wires: [['out']] },
  { id: 'out', type: 'http response', z: 'tab', x: 500, y: 80, wires: [] },
];

describe('a real Node-RED for tests', () => {
  let red: RunningNodeRed | undefined;
  afterEach(async () => {
    await red?.stop();
  });

  it('runs the flows it is given, deploys others and leaves nothing behind', async () => {
    red = await startNodeRed({ flows: hello('one'), settings: { httpAdminRoot: '/admin' } });
    assert.equal(await (await fetch(`${red.url}/hello`)).text(), 'one');
    await red.deploy(hello('two'));
    assert.equal(await (await fetch(`${red.url}/hello`)).text(), 'two');
    const flows = (await (await fetch(`${red.adminUrl}/flows`)).json()) as unknown[];
    assert.equal(flows.length, 4);
    await red.stop();
    assert.equal(existsSync(red.userDir), false);
  });

  it('says what Node-RED printed when the flows cannot start', async () => {
    await assert.rejects(
      startNodeRed({ flows: [{ id: 'a', type: 'no such type', x: 1, y: 1, wires: [] }] }),
      /types of the flow are missing[\s\S]*no such type/,
    );
  });
});
