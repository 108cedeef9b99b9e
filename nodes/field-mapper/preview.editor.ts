/** The live preview of the form: the node's own mapping code, run in the browser on a sample. */
import {
  boundTime,
  type Compile,
  type CompiledJsonata,
  EXPRESSION_LIMIT_MS,
  within,
} from '../../core/mapping/expression';
import { type Preview, type PreviewRow, preview } from '../../core/mapping/preview';
import type { StoredRow } from './rows.editor';

declare const jsonata: ((text: string) => CompiledJsonata & { evaluate(input: unknown): Promise<unknown> }) | undefined;

/** JSONata as the editor brings it; Node-RED's own functions have no values here. */
export const compile: Compile | undefined =
  typeof jsonata === 'undefined'
    ? undefined
    : (text) => {
        const expression = jsonata(text);
        for (const name of ['env', 'flowContext', 'globalContext', 'moment']) expression.assign(name, () => '');
        boundTime(expression, EXPRESSION_LIMIT_MS);
        return (input) => within(expression.evaluate(input), EXPRESSION_LIMIT_MS);
      };

const VARIABLE = /\$\{[A-Za-z_]\w*\}/;

/** What a variable stands for is known where the flow runs, and judged there: here such a row shows what is written. */
export function unexpanded(fields: unknown): unknown {
  if (!Array.isArray(fields)) return fields;
  return fields.map((row: StoredRow) => {
    const text = row?.expression || row?.constant;
    return typeof text === 'string' && VARIABLE.test(text) && row.from !== 'sku' ? { to: row.to, constant: text } : row;
  });
}

/** Draws into `target`; of several at once only the latest shows. */
export class PreviewPane {
  private readonly target: JQuery;
  private readonly emptyText: string;
  private turn = 0;

  constructor(target: JQuery, emptyText: string) {
    this.target = target;
    this.emptyText = emptyText;
  }

  async show(fields: unknown, wrap: unknown, sample: string): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    let shown: Preview | Error;
    try {
      shown = await preview(unexpanded(fields), wrap, sample, compile);
    } catch (thrown) {
      shown = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    if (turn !== this.turn) return;
    this.target.empty();
    if (shown instanceof Error) this.target.append($('<div class="sw-refused"></div>').text(shown.message));
    else this.draw(shown);
  }

  private draw({ rows, body }: Preview): void {
    for (const row of rows) this.target.append(drawItem(row));
    const code = $('<pre class="sw-body" dir="ltr"></pre>').text(body);
    this.target.append(rows.length === 0 ? $('<div></div>').text(this.emptyText) : code);
  }
}

function drawItem({ source, fields, refused }: PreviewRow): JQuery {
  const row = $('<div class="sw-item"></div>').append($('<div class="sw-source" dir="ltr"></div>').text(source));
  if (refused !== null) return row.append($('<div class="sw-refused"></div>').text(refused));
  const result = $('<div class="sw-result" dir="ltr"></div>').appendTo(row);
  for (const { name, text, changed } of fields)
    $('<span></span>')
      .addClass(changed ? 'sw-field sw-changed' : 'sw-field')
      .text(`${JSON.stringify(name)}: ${text}`)
      .appendTo(result);
  return row;
}
