/** Pushes and errors of the last 24 hours, a bar an hour, the oldest first. */
import { _, count } from './words';

const NS = 'http://www.w3.org/2000/svg';
const BAR = 6;
const STEP = 8;
const HEIGHT = 18;

export interface Hours {
  pushes: number[];
  errors: number[];
}

const sum = (numbers: number[]): number => numbers.reduce((all, each) => all + each, 0);

export function dayPlot(hours: Hours | null): SVGSVGElement {
  const pushes = hours?.pushes ?? new Array<number>(24).fill(0);
  const errors = hours?.errors ?? new Array<number>(24).fill(0);
  const svg = draw('svg', {
    class: 'shelfwire-plot',
    viewBox: `0 0 ${pushes.length * STEP - 1} ${HEIGHT}`,
    width: pushes.length * STEP - 1,
    height: HEIGHT,
    role: 'img',
  });
  const label = _('outlets.day', { pushes: count(sum(pushes)), errors: count(sum(errors)) });
  svg.setAttribute('aria-label', label);
  const title = draw('title', {});
  title.textContent = label;
  svg.append(title);
  const most = Math.max(1, ...pushes, ...errors);
  const bar = (at: number, value: number, kind: string) => {
    // What happened at all is seen.
    const height = value === 0 ? 0 : Math.max(2, Math.round((value / most) * (HEIGHT - 1)));
    if (height > 0)
      svg.append(
        draw('rect', { x: at * STEP, y: HEIGHT - 1 - height, width: BAR, height, class: `shelfwire-plot-${kind}` }),
      );
  };
  svg.append(
    draw('rect', { x: 0, y: HEIGHT - 1, width: pushes.length * STEP - 1, height: 1, class: 'shelfwire-plot-line' }),
  );
  for (let at = 0; at < pushes.length; at++) {
    bar(at, pushes[at]!, 'pushes');
    bar(at, errors[at]!, 'errors');
  }
  return svg;
}

function draw<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
