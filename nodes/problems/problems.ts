/** problems: a message when a problem starts, grows or ends, for those who do not look at the editor. */
import { toShelfwireError } from '../../core/errors';
import { onClose } from '../../runtime/on-close';
import { problemWatch } from '../../runtime/problem-watch';
import { numberProperty } from '../../runtime/properties';
import type { NodeDef, RED, RedNode } from '../../runtime/red';
import { shared } from '../../runtime/shared';
import { StatusLine } from '../../runtime/status';
import { type Tell, Teller, type TellerSettings } from './teller';
import { inWords } from './words';

/** What was told is not told again after a deploy. */
const tellers = () => shared('problem-tellers', () => new Map<string, Teller>());

export = function register(red: RED): void {
  function Problems(this: RedNode, def: NodeDef): void {
    red.nodes.createNode(this, def);
    const node = this;
    const status = new StatusLine(red, node);
    let settings: TellerSettings;
    try {
      settings = readSettings(def);
    } catch (thrown) {
      status.show('config');
      node.error(toShelfwireError(thrown).message);
      return;
    }
    const watch = problemWatch();
    const teller = tellers().get(node.id) ?? new Teller();
    tellers().set(node.id, teller);
    let timer: NodeJS.Timeout | null = null;

    function look(): void {
      if (timer) clearTimeout(timer);
      const now = performance.now();
      for (const tell of teller.look(watch.problems, settings, now)) node.send(messageOf(red, tell));
      if (teller.open > 0) status.show('problems', { count: teller.open });
      else status.show('no_problems');
      const wait = teller.wait(settings, now);
      timer = wait === null ? null : setTimeout(look, wait + 1);
      timer?.unref();
    }

    let stop = (): void => undefined;
    // Not before every node of the flow is there to receive.
    const started = () => {
      red.events.removeListener('flows:started', started);
      stop = watch.onChange(look);
      look();
    };
    red.events.on('flows:started', started);
    onClose(node, (removed) => {
      red.events.removeListener('flows:started', started);
      stop();
      if (timer) clearTimeout(timer);
      if (removed) tellers().delete(node.id);
    });
  }
  red.nodes.registerType('shelfwire-problems', Problems);
};

function readSettings(def: NodeDef): TellerSettings {
  return {
    kinds: Array.isArray(def.kinds) ? def.kinds.map(String) : [],
    quiet: numberProperty(def, 'quiet', { default: 60, min: 0, max: 86_400 }) * 1000,
    growth: numberProperty(def, 'growth', { default: 2, min: 1, max: 1_000 }),
  };
}

function messageOf(red: RED, { change, problem }: Tell) {
  const { kind, key, count, outlet, outlet_name, store_id, sender, code } = problem;
  return {
    topic: kind,
    payload: { change, kind, key, count, outlet, outlet_name, store_id, sender, code, ...inWords(red, problem) },
  };
}
