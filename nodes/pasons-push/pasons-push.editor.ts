import { turnForm } from '../../editor/direction';

RED.nodes.registerType('shelfwire-pasons-push', {
  category: 'shelfwire',
  color: '#C7B58A',
  defaults: {
    name: { value: '' },
    outlets: { value: '', type: 'shelfwire-outlets', required: false },
    key: {
      value: 'sku',
      validate(value: string, _options) {
        return String(value ?? '').length <= 200 || this._('error.key');
      },
    },
    version: { value: 1 },
  },
  inputs: 1,
  outputs: 2,
  icon: 'shelfwire-pasons-push.svg',
  outputLabels(index) {
    return this._(index === 0 ? 'output.accepted' : 'output.failed');
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
