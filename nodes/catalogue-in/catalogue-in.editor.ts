import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';
import { showAddress, showTimeZone, validPath, validTimeZone } from '../../editor/receiver.editor';
import { warned } from '../../editor/warned.editor';

function validFeedPath(this: EditorNode, value: string, options?: Record<string, unknown>): boolean | string {
  const text = (value ?? '').trim();
  if (text !== '' && !text.includes('${') && !text.split('/').includes(':store_id')) return this._('error.store');
  return validPath.call(this, value, options);
}

RED.nodes.registerType('shelfwire-catalogue-in', {
  category: 'shelfwire',
  color: '#9DB8A9',
  defaults: {
    name: { value: '' },
    path: {
      value: '/api/catalogue/:store_id',
      validate: warned('path', validFeedPath),
    },
    timeZone: { value: '', validate: validTimeZone },
    unsigned: { value: 'refuse', validate: warned('unsigned') },
    maxBody: { value: 20_971_520, validate: inRange(1, 67_108_864, true) },
    wait: { value: 60, validate: inRange(0.1, 600) },
    version: { value: 1, validate: warned('version') },
  },
  credentials: { token: { type: 'password' } },
  inputs: 0,
  outputs: 1,
  icon: 'shelfwire-catalogue-in.svg',
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
    showAddress(this, 'catalogue');
    showTimeZone(this, RED.settings.shelfwireCatalogueInTimeZone);
  },
});
