import { readDraft, runTest } from '../../editor/dialogs/draft.editor';
import { testButton } from '../../editor/dialogs/test-button.editor';
import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';
import { validTimeZone } from '../../editor/receiver.editor';
import { warned } from '../../editor/warned.editor';

RED.nodes.registerType('shelfwire-ledger', {
  category: 'config',
  color: '#9DB8A9',
  defaults: {
    name: { value: '' },
    driver: { value: 'sqlite' },
    file: { value: '' },
    url: { value: '' },
    keepDays: { value: 90, validate: inRange(1, 3650, true) },
    timeZone: { value: '', validate: validTimeZone },
    publicUrl: {
      value: '',
      validate(value: string, _options) {
        return !value || /^(https?:\/\/|\$\{)/.test(value) || this._('error.publicUrl');
      },
    },
    trustProxy: { value: false },
    healthPath: {
      value: '/health',
      validate: warned('healthPath', function (value: string) {
        return !value || value.startsWith('/') || this._('error.healthPath');
      }),
    },
    version: { value: 1 },
  },
  credentials: { token: { type: 'password' } },
  paletteLabel() {
    return this._('palette');
  },
  label() {
    return this.name || this.file || this._('palette');
  },
  oneditprepare() {
    turnForm(this, '#node-config-dialog-edit-form');
    const driver = $('#node-config-input-driver');
    const show = () => {
      $('.shelfwire-sqlite').toggle(driver.val() !== 'postgres');
      $('.shelfwire-postgres').toggle(driver.val() === 'postgres');
    };
    driver.on('change', show);
    show();
    testButton($('#shelfwire-test-ledger'), () => runTest('ledger', readDraft(this, 'node-config-input')));
  },
});
