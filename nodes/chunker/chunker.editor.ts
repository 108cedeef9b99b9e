import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';

RED.nodes.registerType('shelfwire-chunker', {
  category: 'shelfwire',
  color: '#C7B58A',
  defaults: {
    name: { value: '' },
    size: { value: 500, validate: inRange(1, 100_000, true) },
    bytes: { value: 0, validate: inRange(0, 1_000_000_000, true) },
    version: { value: 1 },
  },
  inputs: 1,
  outputs: 1,
  icon: 'shelfwire-chunker.svg',
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
