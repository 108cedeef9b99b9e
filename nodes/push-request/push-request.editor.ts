import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';
import { showAddress, validPath } from '../../editor/receiver.editor';
import { warned } from '../../editor/warned.editor';

const PATHS: Record<string, string> = { push: '/api/push/:store_id', sync: '/api/sync/all' };

RED.nodes.registerType('shelfwire-push-request', {
  category: 'shelfwire',
  color: '#C7B58A',
  defaults: {
    name: { value: '' },
    kind: { value: 'push' },
    path: {
      value: '/api/push/:store_id',
      validate: warned('path', function (value: string, _options) {
        const text = (value ?? '').trim();
        const known = text === '' || text.includes('${') || text.split('/').includes(':store_id');
        if (this.kind !== 'sync' && !known) return this._('error.store');
        return validPath.call(this, value, _options);
      }),
    },
    outlets: {
      value: '',
      type: 'shelfwire-outlets',
      validate(value: string, _options) {
        return this.kind === 'sync' || (value !== '' && value !== '_ADD_') || this._('error.outlets');
      },
    },
    unsigned: { value: 'refuse' },
    maxBody: { value: 65_536, validate: inRange(1, 67_108_864, true) },
    wait: { value: 20, validate: inRange(0.1, 600) },
    version: { value: 1 },
  },
  credentials: { token: { type: 'password' } },
  inputs: 0,
  outputs: 1,
  icon: 'shelfwire-push-request.svg',
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
    const kind = $('#node-input-kind');
    const path = $('#node-input-path');
    let before = kind.val() || 'push';
    const update = () => {
      const now = kind.val() || 'push';
      $('#shelfwire-outlets-row').toggle(now === 'push');
      path.attr('placeholder', PATHS[now] ?? '');
      // The usual path of the one becomes the usual path of the other; one's own stays.
      if (now !== before && path.val().trim() === PATHS[before]) path.val(PATHS[now] ?? '');
      before = now;
      path.trigger('change');
    };
    showAddress(this);
    kind.on('change', update);
    update();
  },
});
