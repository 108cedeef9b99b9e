import { turnForm } from '../../editor/direction';

RED.nodes.registerType('shelfwire-push-history', {
  category: 'shelfwire',
  color: '#C7B58A',
  defaults: {
    name: { value: '' },
    ledger: { value: '', type: 'shelfwire-ledger', required: false },
    version: { value: 1 },
  },
  inputs: 1,
  outputs: 1,
  icon: 'shelfwire-push-history.svg',
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
