import { storeReader } from '../../core/mqtt/topics';
import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';
import { showTimeZone, validTimeZone } from '../../editor/receiver.editor';
import { warned } from '../../editor/warned.editor';

function validTopic(
  this: { _?(key: string, values?: Record<string, unknown>): string },
  value: unknown,
  _options?: unknown,
): boolean | string {
  const text = String(value ?? '').trim();
  if (text === '' || text.includes('${')) return true;
  try {
    storeReader(text);
    return true;
  } catch {
    return this._?.('error.topic') ?? false;
  }
}

RED.nodes.registerType('shelfwire-scanner-in', {
  category: 'shelfwire',
  color: '#9DB8A9',
  defaults: {
    name: { value: '' },
    broker: { value: '', type: 'shelfwire-broker', required: true },
    topic: { value: 'shelfwire/stores/+/stock', validate: validTopic },
    qos: { value: '1' },
    timeZone: { value: '', validate: validTimeZone },
    wait: { value: 20, validate: inRange(0.1, 600) },
    version: { value: 1, validate: warned('version') },
  },
  inputs: 0,
  outputs: 1,
  icon: 'shelfwire-scanner-in.svg',
  paletteLabel() {
    return this._('palette');
  },
  label() {
    return this.name || this._('palette');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels() {
    return this._('label.output');
  },
  oneditprepare() {
    turnForm(this);
    showTimeZone(this, RED.settings.shelfwireScannerInTimeZone);
  },
});
