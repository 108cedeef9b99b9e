/** `npm run soak:mqtt -- --seconds 120 --broker embedded|external --seed 1`: see mqtt-run.ts. Ends with 1 when anything was lost or doubled. */
import { parseArgs } from 'node:util';
import { runCommand } from '../support/command';
import { recordLastRun } from '../support/last-run';
import { MOSQUITTO } from '../support/mqtt/other-broker';
import { type MqttSoakResult, runMqttSoak } from './mqtt-run';

const KINDS = ['embedded', 'external'] as const;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '120' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      /** Default: one after the other. */
      broker: { type: 'string' },
      record: { type: 'boolean', default: false },
    },
  });
  const kinds = KINDS.filter((kind) => values.broker === undefined || values.broker === kind);
  if (kinds.length === 0) throw new Error('--broker must be embedded or external');
  const seed = Number(values.seed);
  const seconds = Number(values.seconds);
  console.log(`seed ${seed}; a failing run is repeated with the same seed, as far as several processes can be`);
  const figures: string[] = [];
  const problems: string[] = [];
  for (const broker of kinds) {
    const name = broker === 'external' ? `external (${MOSQUITTO ? 'mosquitto' : 'aedes'})` : broker;
    const result = await runMqttSoak({ seed, seconds, broker, progress: (text) => console.log(`${name}: ${text}`) });
    problems.push(...result.problems.map((problem) => `${name}: ${problem}`));
    figures.push(`${name}: ${describe(result)}`);
  }
  for (const problem of problems) console.log(`PROBLEM: ${problem}`);
  console.log(`${problems.length === 0 ? 'Everything was as promised' : 'NOT as promised'}: ${figures.join('; ')}`);
  if (problems.length > 0) return 1;
  recordLastRun('npm run soak:mqtt', figures.join('; '));
  return 0;
}

function describe({ sent, duplicates, faults }: MqttSoakResult): string {
  const all = [...faults.values()].reduce((sum, times) => sum + times, 0);
  const kills = [...faults].reduce((sum, [name, times]) => sum + (name.startsWith('kill') ? times : 0), 0);
  return `${sent} events under ${all} faults (${kills} times kill -9), ${duplicates} came again, each counted once`;
}

runCommand(main);
