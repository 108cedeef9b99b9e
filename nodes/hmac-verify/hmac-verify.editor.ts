/** Dialog of hmac verify: choosing a sender fills the fields, which may then be changed. */
import { PRESETS, type PresetName } from '../../core/signature/presets';
import { parseInstant } from '../../core/stock/time';
import { turnForm } from '../../editor/direction';
import { moment } from '../../editor/sidebar/words';
import { warned } from '../../editor/warned.editor';
import { showCheck } from './check.editor';

const SOURCE = /^(header|json|signature):\S+$/;

function known(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}

/** Rows that mean something for the chosen scheme, and what is told about it. */
function showScheme(node: EditorNode): void {
  const name = $('#node-input-scheme').val();
  if (!known(name)) return;
  const { kind, source } = PRESETS[name];
  $('.shelfwire-hmac').toggle(kind === 'hmac');
  $('.shelfwire-not-basic').toggle(kind !== 'basic');
  $('#node-input-secret').attr('placeholder', node._(kind === 'basic' ? 'placeholder.password' : 'placeholder.secret'));
  $('#shelfwire-scheme-tip').text(
    node._(`schemeTip.${kind !== 'hmac' ? kind : name === 'custom' ? 'own' : source ? 'vendor' : 'preset'}`),
  );
  $('#shelfwire-scheme-source')
    .toggle(source !== '')
    .attr('href', source);
}

/** As it is read where Node-RED runs: browsers take more for a time. */
function isTime(text: string): boolean {
  try {
    parseInstant(text, 'UTC');
    return true;
  } catch {
    return false;
  }
}

function fill(name: string): void {
  if (!known(name)) return;
  const { header, prefix, signed, algorithm, encoding, secretEncoding, tolerance, timestamp, id } = PRESETS[name];
  const values = { header, prefix, signed, algorithm, encoding, secretEncoding, tolerance, timestamp, nonce: id };
  for (const [property, value] of Object.entries(values)) $(`#node-input-${property}`).val(String(value));
}

function showPreviousUse(node: EditorNode): void {
  $.getJSON(`shelfwire/hmac-verify/${node.id}`, (answer: { previousUsed: string | null }) => {
    if (!answer.previousUsed) return;
    $('#shelfwire-previous-used')
      .text(node._('tip.previousUsed', { at: moment(answer.previousUsed) }))
      .prop('hidden', false);
  });
}

RED.nodes.registerType('shelfwire-hmac-verify', {
  category: 'shelfwire',
  color: '#9DB8A9',
  defaults: {
    name: { value: '' },
    scheme: { value: 'custom', required: true },
    header: {
      value: 'X-Signature',
      validate(value: string, options) {
        return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value) || (options ? this._('error.header') : false);
      },
    },
    prefix: { value: '' },
    signed: {
      value: '{body}',
      validate(value: string, options) {
        if (this.scheme === 'token' || this.scheme === 'basic') return true;
        const names = /\{(body|url|path|method|id|timestamp|header:[^{}\s]+|json:[^{}"]+)\}/;
        return names.test(value) || (options ? this._('error.signed') : false);
      },
    },
    algorithm: { value: 'sha256' },
    encoding: { value: 'hex' },
    secretEncoding: { value: 'utf8' },
    timestamp: {
      value: '',
      validate(value: string, options) {
        return !value || SOURCE.test(value) || (options ? this._('error.source') : false);
      },
    },
    tolerance: {
      value: 0,
      validate(value: number | string, options) {
        const seconds = Number(value);
        if (!(seconds >= 0)) return options ? this._('error.tolerance') : false;
        return seconds === 0 || this.timestamp !== '' || (options ? this._('error.toleranceTime') : false);
      },
    },
    nonce: {
      value: '',
      validate(value: string, options) {
        return !value || SOURCE.test(value) || (options ? this._('error.source') : false);
      },
    },
    previousUntil: {
      value: '',
      validate(value: string, options) {
        const text = (value ?? '').trim();
        return text === '' || isTime(text) || (options ? this._('error.previousUntil') : false);
      },
    },
    reply: { value: true },
    ledger: { value: '', type: 'shelfwire-ledger', required: false },
    version: { value: 1, validate: warned('version') },
  },
  credentials: { secret: { type: 'password' }, previousSecret: { type: 'password' } },
  inputs: 1,
  outputs: 2,
  icon: 'shelfwire-hmac-verify.svg',
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
    return this._(index === 0 ? 'output.verified' : 'output.rejected');
  },
  oneditprepare() {
    turnForm(this);
    const select = $('#node-input-scheme');
    for (const name of Object.keys(PRESETS))
      select.append(
        $('<option>')
          .val(name)
          .text(this._(`scheme.${name}`)),
      );
    select.val(this.scheme);
    showScheme(this);
    let chosen = this.scheme;
    select.on('change', () => {
      if (select.val() !== chosen) fill(select.val());
      chosen = select.val();
      showScheme(this);
    });
    showPreviousUse(this);
    showCheck(this);
  },
});
