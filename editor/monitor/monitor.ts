/** The monitor page: asks for the figures every few seconds and shows them; goes on by itself whatever happens to Node-RED. */
// First: what follows is loaded after it.
import './sound-language';
import type { MonitorData } from '../../runtime/monitor/data';
import { fill, h } from '../sidebar/dom';
import { Panel } from './panel';
import { authorization, hasLink } from './way-in';
import { _, direction, language, timeOfDay } from './words';

const EVERY_MS = 5_000;
const PATIENCE_MS = 10_000;
const WINDOW = 'shelfwire.monitor.window';

document.documentElement.lang = language;
document.documentElement.dir = direction;
document.title = _('title');

const panel = new Panel();
const simulated = h('span', { class: 'simulated', hidden: true }, _('simulated'));
const live = h('span', { class: 'live', hidden: true }, _('connection.live'));
const clock = h('span', { class: 'clock' });
const lost = h('div', { class: 'lost', role: 'status', hidden: true });
const login = h('div', { class: 'login', role: 'status', hidden: true });
const choice = h(
  'select',
  { 'aria-label': _('window.label'), onchange: () => remember() },
  ...['60', '360', '1440'].map((minutes) => h('option', { value: minutes }, _(`window.${minutes}`))),
);
choice.value = localStorage.getItem(WINDOW) ?? '60';
panel.element.hidden = true;
document.body.append(
  h(
    'div',
    { class: 'page' },
    h('header', {}, h('h1', {}, _('title')), simulated, live, h('span', { class: 'spring' }), choice, clock),
    lost,
    login,
    panel.element,
  ),
);

let timer: ReturnType<typeof setTimeout> | undefined;
let asking = false;
/** Seconds since 1970 of the last good answer. */
let heard: number | null = null;
let version: string | null = null;

function remember(): void {
  localStorage.setItem(WINDOW, choice.value);
  void ask();
}

async function ask(): Promise<void> {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  try {
    const answer = await fetch(`monitor/data?minutes=${choice.value}`, {
      headers: authorization(),
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status === 401) showLogin();
    else if (answer.ok) show((await answer.json()) as MonitorData);
    else showLost();
  } catch {
    showLost();
  } finally {
    asking = false;
    timer = setTimeout(() => void ask(), EVERY_MS);
  }
}

function show(data: MonitorData): void {
  // A newer Shelfwire comes with a newer page.
  if (version !== null && version !== data.version) location.reload();
  version = data.version;
  heard = Date.now() / 1000;
  lost.hidden = true;
  login.hidden = true;
  live.hidden = false;
  simulated.hidden = data.mode !== 'demo';
  panel.element.hidden = false;
  panel.element.classList.remove('old');
  panel.show(data);
}

function showLost(): void {
  live.hidden = true;
  lost.hidden = false;
  lost.textContent = heard === null ? _('connection.starting') : _('connection.lost', { when: timeOfDay(heard) });
  panel.element.classList.add('old');
}

function showLogin(): void {
  live.hidden = true;
  lost.hidden = true;
  panel.element.hidden = true;
  login.hidden = false;
  fill(
    login,
    h('h2', {}, _('login.title')),
    ...(hasLink() ? [h('p', {}, _('login.revoked'))] : [h('p', {}, _('login.user')), h('p', {}, _('login.link'))]),
    h('a', { href: '../' }, _('login.editor')),
  );
}

setInterval(() => {
  clock.textContent = timeOfDay(Date.now() / 1000);
}, 1_000);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => panel.redraw());
addEventListener('hashchange', () => void ask());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void ask();
});
void ask();
