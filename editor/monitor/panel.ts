/** What the page shows of the data: big numbers, outlets (those in trouble first), problems, plots. */
import type { MonitorData, MonitorOutlet } from '../../runtime/monitor/data';
import { fill, h } from '../sidebar/dom';
import { type Line, Plot } from './plot';
import { _, lasting, number, percent, timeOfDay } from './words';

type Mood = 'good' | 'warn' | 'bad' | '';

/** More are not read from three metres. */
const SHOWN_OUTLETS = 24;
const LATE_S = 300;
const VERY_LATE_S = 900;

const mood = (value: number, warn: number, bad: number): Mood =>
  value >= bad ? 'bad' : value >= warn ? 'warn' : 'good';

function outletMood({ state, stuck, oldest_waiting_s }: MonitorOutlet): Mood {
  if (state === 'off' || state === 'unknown') return '';
  if (state === 'not_reachable' || state === 'key_refused' || state === 'fault') return 'bad';
  if (state === 'paused' || stuck > 0) return 'warn';
  return mood(oldest_waiting_s ?? 0, LATE_S, VERY_LATE_S);
}

const URGENCY: Record<Mood, number> = { bad: 0, warn: 1, good: 2, '': 3 };

export class Panel {
  readonly element: HTMLElement;
  private readonly big = h('dl', { class: 'big' });
  private readonly problems = h('ul', { class: 'problems' });
  private readonly outlets = h('ul', { class: 'outlets' });
  private readonly plots = {
    throughput: new Plot(_('plot.throughput'), number, 5),
    errors: new Plot(_('plot.errors'), number, 5),
    response: new Plot(_('plot.response'), lasting, 100),
    freshness: new Plot(_('plot.freshness'), lasting, 1_000),
    queue: new Plot(_('plot.queue'), lasting, 5_000),
  };

  constructor() {
    this.element = h(
      'main',
      { class: 'panel' },
      this.big,
      this.problems,
      h('section', {}, h('h2', {}, _('outlets.title')), this.outlets),
      h('div', { class: 'plots' }, ...Object.values(this.plots).map(({ element }) => element)),
    );
  }

  show(data: MonitorData): void {
    this.showBig(data);
    this.problems.hidden = data.problems.length === 0;
    fill(
      this.problems,
      ...data.problems.map(({ kind, count }) => h('li', {}, `${_(`problem.${kind}`)}: ${number(count)}`)),
    );
    this.showOutlets(data.outlets);
    this.showPlots(data.series);
  }

  redraw(): void {
    for (const plot of Object.values(this.plots)) plot.redraw();
  }

  private showBig({ outlets, recent, oldest_waiting_s, problems, devices }: MonitorData): void {
    const enabled = outlets.filter(({ state }) => state !== 'off');
    const connected = enabled.filter(({ state }) => state === 'ok').length;
    const trouble = enabled.filter((outlet) => outletMood(outlet) === 'bad').length;
    const failing = recent.requests === 0 ? null : recent.failed / recent.requests;
    const count = problems.reduce((sum, problem) => sum + problem.count, 0);
    const tiles: [key: string, text: string, mood: Mood][] = [
      ['outlets', `${number(connected)} / ${number(enabled.length)}`, enabled.length === 0 ? '' : mood(trouble, 1, 1)],
      ['in', number(recent.received_per_minute), ''],
      ['out', number(recent.confirmed_per_minute), ''],
      ['errors', failing === null ? '–' : percent(failing), failing === null ? '' : mood(failing, 0.01, 0.2)],
      [
        'freshness',
        lasting(recent.freshness.p95),
        recent.freshness.p95 === null ? '' : mood(recent.freshness.p95 / 1000, 60, LATE_S),
      ],
      ['oldest', lasting(oldest_waiting_s * 1000), mood(oldest_waiting_s, LATE_S, VERY_LATE_S)],
      ['problems', number(count), mood(count, 1, 10)],
      ['devices', number(devices.silent + devices.dead), mood(devices.silent + devices.dead, 1, 1)],
    ];
    fill(
      this.big,
      ...tiles.map(([key, text, how]) =>
        h('div', { class: `tile ${how}` }, h('dt', {}, _(`big.${key}`)), h('dd', {}, text)),
      ),
    );
  }

  private showOutlets(outlets: MonitorOutlet[]): void {
    const sorted = [...outlets].sort((a, b) => URGENCY[outletMood(a)] - URGENCY[outletMood(b)]);
    const shown = sorted.slice(0, SHOWN_OUTLETS);
    fill(this.outlets, ...shown.map(outletTile));
    const rest = sorted.slice(SHOWN_OUTLETS);
    const unwell = rest.filter((outlet) => ['bad', 'warn'].includes(outletMood(outlet))).length;
    if (rest.length > 0)
      this.outlets.append(
        h(
          'li',
          { class: 'more' },
          unwell === 0
            ? _('outlets.well', { count: number(rest.length) })
            : _('outlets.unwell', { count: number(rest.length), unwell: number(unwell) }),
        ),
      );
    if (sorted.length === 0) this.outlets.append(h('li', { class: 'more' }, _('outlets.none')));
  }

  private showPlots({
    at,
    received_per_minute,
    confirmed_per_minute,
    errors,
    response,
    freshness,
    queue_age_s,
  }: MonitorData['series']) {
    const line = (name: string, colour: number, values: (number | null)[]): Line => ({ name, colour, values });
    this.plots.throughput.show(at, [line('in', 1, received_per_minute), line('out', 2, confirmed_per_minute)]);
    this.plots.errors.show(at, [
      line('not_reachable', 4, errors.not_reachable),
      line('key_refused', 5, errors.key_refused),
      line('form', 3, errors.form),
      line('items', 1, errors.items),
      line('input', 2, errors.input),
      line('unproven', 6, errors.unproven),
    ]);
    this.plots.response.show(at, [
      line('p50', 1, response.p50),
      line('p95', 3, response.p95),
      line('p99', 4, response.p99),
    ]);
    this.plots.freshness.show(at, [line('p50', 1, freshness.p50), line('p95', 3, freshness.p95)]);
    this.plots.queue.show(at, [
      line(
        'age',
        1,
        queue_age_s.map((seconds) => (seconds === null ? null : seconds * 1000)),
      ),
    ]);
  }
}

function outletTile(outlet: MonitorOutlet): HTMLElement {
  const { name, store_id, state, waiting, stuck, oldest_waiting_s, last_success_at } = outlet;
  const last = last_success_at === null ? _('outlets.never') : timeOfDay(Date.parse(last_success_at) / 1000);
  return h(
    'li',
    { class: `outlet ${outletMood(outlet)}` },
    h('div', { class: 'head' }, h('b', {}, name || store_id), h('span', { class: 'state' }, _(`state.${state}`))),
    h(
      'p',
      {},
      [
        _('outlets.waiting', { count: number(waiting) }) +
          (oldest_waiting_s === null ? '' : ` (${lasting(oldest_waiting_s * 1000)})`),
        ...(stuck > 0 ? [_('outlets.stuck', { count: number(stuck) })] : []),
        _('outlets.last', { when: last }),
      ].join(' · '),
    ),
  );
}
