/** One plot: lines over time, the same time for all of them, with the last values as text beside their colours. */
import uPlot from 'uplot';
import { fill, h } from '../sidebar/dom';
import { _, direction, timeOfDay } from './words';

export interface Line {
  /** Key of its name. */
  name: string;
  /** 1 to 6. */
  colour: number;
  values: (number | null)[];
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rem = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

export class Plot {
  readonly element: HTMLElement;
  private readonly canvas = h('div', { class: 'canvas', role: 'img' });
  private readonly key = h('ul', { class: 'key' });
  private readonly title: string;
  private readonly format: (value: number) => string;
  private readonly least: number;
  private plot: uPlot | null = null;
  private lines: Line[] = [];
  private at: number[] = [];
  private lone = '';

  /** @param least what the scale reaches at least, so that next to nothing does not look like much */
  constructor(title: string, format: (value: number) => string, least: number) {
    this.title = title;
    this.least = least;
    this.format = format;
    this.element = h(
      'section',
      { class: 'plot' },
      h('div', { class: 'head' }, h('h2', {}, title), this.key),
      this.canvas,
    );
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  show(at: number[], lines: Line[]): void {
    const same = this.lines.map(({ name }) => name).join() === lines.map(({ name }) => name).join();
    this.at = at;
    this.lines = lines;
    const said = lines.map(({ name, colour: number, values }) => {
      const last = values.findLast((value) => value !== null) ?? null;
      return { name: _(`series.${name}`), number, text: last === null ? '–' : this.format(last) };
    });
    fill(
      this.key,
      ...said.map(({ name, number, text }) =>
        h('li', {}, h('i', { class: `c${number}` }), h('bdi', {}, name), ' ', h('b', {}, text)),
      ),
    );
    this.canvas.setAttribute(
      'aria-label',
      `${this.title}: ${said.map(({ name, text }) => `${name} ${text}`).join(', ')}`,
    );
    const lone = this.loneValues();
    if (this.plot && same && lone === this.lone) this.plot.setData(this.data());
    else this.redraw();
    this.lone = lone;
  }

  /** With the colours and sizes as they are now. */
  redraw(): void {
    this.plot?.destroy();
    this.plot = null;
    this.draw();
  }

  /** Which lines have but one value, as text. */
  private loneValues(): string {
    return this.lines.map(({ values }) => values.filter((value) => value !== null).length === 1).join();
  }

  private data(): uPlot.AlignedData {
    return [this.at, ...this.lines.map(({ values }) => values)];
  }

  private draw(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0 || this.at.length === 0) return;
    if (this.plot) {
      if (this.plot.width !== width || this.plot.height !== height) this.plot.setSize({ width, height });
      return;
    }
    const axis = {
      stroke: colour('--quiet'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
      font: `${Math.round(rem() * 0.85)}px 'Helvetica Neue', Arial, sans-serif`,
    };
    this.plot = new uPlot(
      {
        width,
        height,
        legend: { show: false },
        cursor: { show: false },
        padding: [rem() * 0.6, rem() * 0.6, 0, 0],
        scales: { y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, this.least)] } },
        axes: [
          {
            ...axis,
            size: rem() * 1.6,
            space: rem() * 5,
            values: (_plot, splits) => splits.map(timeOfDay),
          },
          {
            ...axis,
            // On the side where reading begins.
            side: direction === 'rtl' ? 1 : 3,
            size: rem() * 4.2,
            space: rem() * 2.2,
            values: (_plot, splits) => splits.map(this.format),
          },
        ],
        series: [
          {},
          ...this.lines.map(({ colour: number, name, values }) => ({
            label: name,
            stroke: colour(`--plot-${number}`),
            width: Math.max(2, rem() / 7),
            // One value alone is no line.
            points: { show: values.filter((value) => value !== null).length === 1, size: rem() / 2 },
            spanGaps: true,
          })),
        ],
      },
      this.data(),
      this.canvas,
    );
  }
}
