import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';
import { warned } from '../../editor/warned.editor';

RED.nodes.registerType('shelfwire-retry', {
  category: 'shelfwire',
  color: '#C7B58A',
  defaults: {
    name: { value: '' },
    attempts: { value: 3, validate: inRange(1, 100, true) },
    delay: { value: 1, validate: inRange(0, 900) },
    factor: { value: 2, validate: inRange(1, 10) },
    maxDelay: { value: 60, validate: inRange(0, 900) },
    jitter: { value: 0.2, validate: inRange(0, 1) },
    version: { value: 1, validate: warned('version') },
  },
  inputs: 1,
  outputs: 2,
  icon: 'shelfwire-retry.svg',
  outputLabels(index) {
    return this._(index === 0 ? 'output.try' : 'output.gaveUp');
  },
  paletteLabel() {
    return this._('palette');
  },
  label() {
    return this.name || this._('palette');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    turnForm(this);
  },
});
