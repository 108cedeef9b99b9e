import { isTopicLevel } from '../../core/mqtt/topics';
import { readDraft, runTest } from '../../editor/dialogs/draft.editor';
import { testButton } from '../../editor/dialogs/test-button.editor';
import { turnForm } from '../../editor/direction';
import { isLoopback, reachedAt } from '../../editor/hosts';
import { listHeader, nameRemove } from '../../editor/lists';
import { get } from '../../editor/sidebar/api';
import type { DeviceList } from '../../runtime/admin/devices';
import { passwordOf, SLOTS } from './slots';

interface AccountRow {
  account?: string;
  store_id?: string;
  name?: string;
  /** The password is the credential `password_<slot>`. */
  slot?: number;
}

interface Translator {
  _?(key: string, values?: Record<string, unknown>): string;
}

const LIST = '#shelfwire-accounts';
/** Stands for a password that the editor is not told. */
const KEPT = '__PWRD__';

const passwordInput = (slot: number): string => `node-config-input-${passwordOf(slot)}`;
const isVariable = (text: string): boolean => text.includes('${');

/** Node-RED takes a text as a reason only from a validator that declares two parameters. */
function validPort(this: Translator, value: unknown, _options?: unknown): boolean | string {
  const text = String(value ?? '').trim();
  if (text === '' || isVariable(text)) return true;
  return (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) || (this._?.('error.port') ?? false);
}

function validUrl(this: EditorNode, value: unknown, _options?: unknown): boolean | string {
  const text = String(value ?? '').trim();
  if (this.kind !== 'external' || text === '' || isVariable(text)) return true;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^(mqtts?|tcp|ssl|wss?):$/.test(url.protocol) || !url.hostname) return this._('error.url');
  return url.username || url.password ? this._('error.urlSecret') : true;
}

function validGroup(this: Translator, value: unknown, _options?: unknown): boolean | string {
  return !/[/+#]/.test(String(value ?? '')) || (this._?.('error.sharedGroup') ?? false);
}

function validAccounts(this: EditorNode, value: unknown, _options?: unknown): boolean | string {
  if (this.kind === 'external') return true;
  const rows = Array.isArray(value) ? (value as AccountRow[]) : [];
  if (rows.length > SLOTS) return this._('error.accountsMany', { max: SLOTS });
  const names = rows.map(({ account }) => String(account ?? ''));
  for (const [index, { store_id }] of rows.entries()) {
    const name = names[index]!;
    if (!isTopicLevel(name) || !isTopicLevel(String(store_id ?? ''))) return this._('error.account', { name });
    if (names.indexOf(name) < index) return this._('error.accountTwice', { name });
  }
  return true;
}

/** Draws the table of device accounts. A password that is stored shows as kept and is changed by writing over it. */
function showAccounts(node: EditorNode): void {
  const stored = (slot: number): boolean => node.credentials?.[`has_${passwordOf(slot)}`] === true;
  const used = new Set<number>((node.accounts as AccountRow[] | undefined)?.map(({ slot }) => slot ?? -1));
  const freeSlot = (): number => {
    const all = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => !used.has(slot));
    const slot = all.find((candidate) => !stored(candidate)) ?? all[0] ?? -1;
    used.add(slot);
    return slot;
  };
  const list = $(LIST);
  list.editableList<AccountRow>({
    header: listHeader(
      ['account', 'store', 'deviceName', 'password'].map((name) => node._(`placeholder.${name}`)),
      '6px',
      '40%',
    ),
    addButton: node._('label.addAccount'),
    removable: true,
    sortable: true,
    height: 'auto',
    addItem(container, _index, row) {
      nameRemove(container);
      row.slot ??= freeSlot();
      container.css({ display: 'flex', 'flex-wrap': 'wrap', gap: '6px' });
      const input = (name: string, type: string, value: string, key: string) =>
        $('<input dir="auto" autocomplete="new-password" />')
          .addClass(name)
          .attr({ type, placeholder: node._(key), 'aria-label': node._(key) })
          .css({ flex: '1 1 40%', 'min-width': '0' })
          .val(value)
          .appendTo(container);
      input('sw-account', 'text', row.account ?? '', 'placeholder.account');
      input('sw-store', 'text', String(row.store_id ?? ''), 'placeholder.store');
      input('sw-name', 'text', row.name ?? '', 'placeholder.deviceName');
      $(`#${passwordInput(row.slot)}`).remove();
      const known = node.credentials?.[passwordOf(row.slot)];
      const shown = typeof known === 'string' ? known : stored(row.slot) ? KEPT : '';
      // Node-RED stores what stands in an input with this id as the credential.
      input('sw-password', 'password', shown, 'placeholder.password').attr('id', passwordInput(row.slot));
      container.data('slot', row.slot);
    },
    removeItem({ slot }) {
      if (slot === undefined) return;
      used.delete(slot);
      // An empty input left behind takes the password out of the credentials.
      $('<input type="hidden" />').attr('id', passwordInput(slot)).val('').insertAfter(list.closest('.form-row'));
    },
  });
  for (const row of (node.accounts as AccountRow[] | undefined) ?? []) list.editableList('addItem', { ...row });
}

function readAccounts(): AccountRow[] {
  const rows: AccountRow[] = [];
  $(LIST)
    .editableList('items')
    .each(function () {
      const row = $(this);
      const text = (name: string) => row.find(name).val().trim();
      const [account, store_id, name] = [text('.sw-account'), text('.sw-store'), text('.sw-name')];
      const slot = Number(row.find('.sw-password').attr('id')?.split('_').at(-1));
      if (account || store_id || name) rows.push({ account, store_id, name, slot });
    });
  return rows;
}

/** What to enter in a device: as it is typed; what stands for a variable as the running broker has it. */
function showAddress(node: EditorNode): void {
  const field = (name: string) => $(`#node-config-input-${name}`);
  let running: DeviceList['brokers'][number] | undefined;
  const read = (name: 'host' | 'port', usual: string) => {
    const text = field(name).val().trim() || usual;
    return isVariable(text) && text === node[name] ? String(running?.[name] ?? text) : text;
  };
  const update = () => {
    const host = reachedAt(read('host', '127.0.0.1'));
    const scheme = /^(_ADD_)?$/.test(field('tls').val() ?? '') ? 'mqtt' : 'mqtts';
    $('#shelfwire-broker-address').text(`${scheme}://${host}:${read('port', '1883')}`);
    $('#shelfwire-broker-loopback').toggle(isLoopback(host));
  };
  for (const name of ['host', 'port', 'tls']) field(name).on('input change', update);
  update();
  void get<DeviceList>('devices').then(
    ({ brokers }) => {
      running = brokers.find(({ id }) => id === node.id);
      update();
    },
    () => undefined,
  );
}

RED.nodes.registerType('shelfwire-broker', {
  category: 'config',
  defaults: {
    name: { value: '' },
    kind: { value: 'embedded' },
    host: { value: '127.0.0.1' },
    port: { value: '1883', validate: validPort },
    url: { value: '', validate: validUrl },
    tls: { value: '', type: 'tls-config', required: false },
    sharedGroup: { value: '', validate: validGroup },
    clientId: { value: '' },
    accounts: { value: [], validate: validAccounts },
    version: { value: 1 },
  },
  credentials: {
    username: { type: 'text' },
    password: { type: 'password' },
    ...Object.fromEntries(
      Array.from({ length: SLOTS }, (_, slot) => [passwordOf(slot), { type: 'password' as const }]),
    ),
  },
  paletteLabel() {
    return this._('palette');
  },
  label() {
    if (this.name) return this.name;
    return this.kind === 'external' && this.url ? this.url : `${this._('palette')} ${this.port}`;
  },
  oneditprepare() {
    turnForm(this, '#node-config-dialog-edit-form');
    const kind = $('#node-config-input-kind');
    const update = () => {
      $('.shelfwire-embedded').toggle(kind.val() !== 'external');
      $('.shelfwire-external').toggle(kind.val() === 'external');
    };
    kind.on('change', update);
    update();
    showAddress(this);
    showAccounts(this);
    testButton($('#shelfwire-test-broker'), () =>
      runTest('broker', readDraft(this, 'node-config-input', { accounts: [] })),
    );
  },
  oneditsave() {
    this.accounts = readAccounts();
  },
});
