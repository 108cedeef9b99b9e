import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';

RED.nodes.registerType('shelfwire-record-stock', {
  category: 'shelfwire',
  color: '#9DB8A9',
  defaults: {
    name: { value: '' },
    ledger: { value: '', type: 'shelfwire-ledger', required: true },
    reply: { value: true },
    codes: { value: 'as-is' },
    maxFuture: { value: 300, validate: inRange(0, 31_536_000) },
    version: { value: 1 },
  },
  inputs: 1,
  outputs: 2,
  icon: 'shelfwire-record-stock.svg',
  paletteLabel() {
    return this._('palette');
  },
  label() {
    return this.name || this._('palette');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    return this._(index === 0 ? 'label.recorded' : 'label.refused');
  },
  oneditprepare() {
    turnForm(this);
  },
});
