/** The thread of the ledger: recording what is told of items, known and new. */
import type { Path } from '../budget';
import { countBoth } from './ledger-work';
import { range, recordCall, Shop, told } from './shop';

const ITEMS = 2_000;
/** Events that one commit serves when fifty connections send. */
const GROUP = 25;
const GROUPS = 20;
/** Rows of one piece of a catalogue. */
const PIECE = 500;

export const recordKnown: Path = {
  id: 'record-known',
  title: `an event of a known item is recorded, ${GROUP} to a commit`,
  per: 'event',
  code: 'core/ledger/sqlite/record.ts and what it calls',
  async count() {
    const shop = new Shop();
    for (let from = 0; from < ITEMS; from += PIECE)
      shop.run([recordCall(range(from, from + PIECE).map((item) => told(item, 0)))]);
    let time = 0;
    const groups = () => {
      time += 1;
      shop.later();
      // Spread over the items as sales are.
      return range(0, GROUPS).map((group) =>
        range(0, GROUP).map((n) => recordCall([told(((group * GROUP + n) * 37) % ITEMS, time)])),
      );
    };
    const all = (calls: ReturnType<typeof groups>) => () => {
      for (const group of calls) shop.run(group);
    };
    for (let warm = 0; warm < 3; warm++) all(groups())();
    return countBoth(shop, GROUP * GROUPS, () => all(groups()));
  },
};

export const recordNew: Path = {
  id: 'record-new',
  title: `an item that was never told of is recorded, ${PIECE} to a commit`,
  per: 'item',
  code: 'core/ledger/sqlite/record.ts and what it calls',
  async count() {
    const shop = new Shop();
    let from = 0;
    const piece = () => {
      from += PIECE;
      const call = recordCall(range(from - PIECE, from).map((item) => told(item, 0)));
      return () => void shop.run([call]);
    };
    for (let warm = 0; warm < 3; warm++) piece()();
    return countBoth(shop, PIECE, () => piece());
  },
};
