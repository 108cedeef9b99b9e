/**
 * What the sidebar is told while somebody has it open: which of its lists have news (`shelfwire/news`, a list of topics),
 * at most once a second, whatever happens underneath. What the news are is read by the routes, by those who may.
 */
import type { Ledger } from '../../core/ledger/ledger';
import { problemWatch } from '../problem-watch';
import type { RED } from '../red';
import { shared } from '../shared';

export type NewsTopic = 'outlets' | 'pushes' | 'incoming' | 'problems' | 'devices' | 'debug';

const DELIVERY: readonly NewsTopic[] = ['outlets', 'pushes'];
const INCOMING: readonly NewsTopic[] = ['incoming', 'outlets'];

/** By the ledger's method that was committed. */
const TOPICS: Record<string, readonly NewsTopic[]> = {
  record: INCOMING,
  replay: INCOMING,
  link: INCOMING,
  defineOutlets: DELIVERY,
  setPaused: DELIVERY,
  change: ['outlets', 'devices'],
  startPush: DELIVERY,
  take: DELIVERY,
  claim: DELIVERY,
  beginSend: DELIVERY,
  settle: DELIVERY,
  refuse: DELIVERY,
  dropped: DELIVERY,
  giveBack: DELIVERY,
  retryItems: DELIVERY,
  sendAgain: DELIVERY,
};

const EVERY_MS = 1_000;

interface State {
  pending: Set<NewsTopic>;
  timer: NodeJS.Timeout | null;
  last: number;
}

const state = () => shared('news', (): State => ({ pending: new Set(), timer: null, last: Number.NEGATIVE_INFINITY }));

/** Tells of what the ledger commits from now on; once for each ledger. */
export function tellNewsOf(red: RED, ledger: Ledger): void {
  const told = shared('news-ledgers', () => new WeakSet<Ledger>());
  if (told.has(ledger)) return;
  told.add(ledger);
  ledger.on('committed', (methods) => {
    const topics = methods.flatMap((method) => TOPICS[method] ?? []);
    if (topics.length === 0) return;
    tellNews(red, topics);
    problemWatch().poke();
  });
}

/** How many problems there are (`shelfwire/problems`), for the badge of the sidebar's tab; once for the process. */
export function tellProblems(red: RED): void {
  shared('problems-told', () =>
    problemWatch().onChange((_changes, all) => {
      red.comms.publish('shelfwire/problems', { count: all.length }, true);
      tellNews(red, ['problems']);
    }),
  );
}

export function tellNews(red: RED, topics: readonly NewsTopic[]): void {
  const news = state();
  for (const topic of topics) news.pending.add(topic);
  if (news.timer) return;
  const wait = Math.max(0, news.last + EVERY_MS - performance.now());
  news.timer = setTimeout(() => {
    news.timer = null;
    news.last = performance.now();
    const list = [...news.pending];
    news.pending.clear();
    // Retained: a browser that was away reads its list again when it is back.
    red.comms.publish('shelfwire/news', list, true);
  }, wait);
  news.timer.unref();
}
