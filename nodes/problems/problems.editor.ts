import { checkedValues, tellNone } from '../../editor/checked';
import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';

const KINDS = '#shelfwire-kinds';

RED.nodes.registerType('shelfwire-problems', {
  category: 'shelfwire',
  color: '#C7B58A',
  defaults: {
    name: { value: '' },
    kinds: { value: [] },
    quiet: { value: 60, validate: inRange(0, 86_400) },
    growth: { value: 2, validate: inRange(1, 1_000) },
    version: { value: 1 },
  },
  inputs: 0,
  outputs: 1,
  icon: 'shelfwire-problems.svg',
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
    const chosen = Array.isArray(this.kinds) ? this.kinds.map(String) : [];
    const which = $('#shelfwire-which-kinds');
    which.val(chosen.length > 0 ? 'some' : 'all');
    $(`${KINDS} input`).each(function () {
      const box = $(this);
      box.prop('checked', chosen.includes(box.val()));
    });
    tellNone(KINDS, '#shelfwire-none');
    const show = () => {
      $('.shelfwire-some-kinds').toggle(which.val() === 'some');
    };
    which.on('change', show);
    show();
  },
  oneditsave() {
    this.kinds = $('#shelfwire-which-kinds').val() === 'some' ? checkedValues(KINDS) : [];
  },
});
