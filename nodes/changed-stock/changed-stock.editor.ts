import { checkedValues, tellNone } from '../../editor/checked';
import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';
import { warned } from '../../editor/warned.editor';

interface ShopRow {
  store_id?: string;
  name?: string;
}

const SHOPS = '#shelfwire-stores';

/** Shops of the chosen outlets, and those that are chosen but not in the table any more. */
function drawShops(outletsId: string, chosen: readonly string[]): void {
  const rows = (RED.nodes.node(outletsId)?.rows as ShopRow[] | undefined) ?? [];
  const shops = new Map(rows.map(({ store_id, name }) => [String(store_id ?? ''), String(name ?? '')]));
  for (const store of chosen) if (!shops.has(store)) shops.set(store, '');
  const box = $(SHOPS).empty();
  for (const [store, name] of shops) {
    const label = $('<label></label>').css({ width: 'auto', display: 'block', margin: '0 6px' }).appendTo(box);
    $('<input type="checkbox" />')
      .css({ width: 'auto', margin: '0 4px', 'vertical-align': 'baseline' })
      .attr('value', store)
      .prop('checked', chosen.includes(store))
      .appendTo(label);
    $('<bdi></bdi>')
      .text(name !== '' && name !== store ? `${name} (${store})` : store)
      .appendTo(label);
  }
}

RED.nodes.registerType('shelfwire-changed-stock', {
  category: 'shelfwire',
  color: '#C7B58A',
  defaults: {
    name: { value: '' },
    outlets: { value: '', type: 'shelfwire-outlets', required: true },
    stores: { value: [], validate: warned('stores') },
    mode: { value: 'partial' },
    auto: { value: true },
    linger: { value: 2, validate: inRange(0, 3600) },
    limit: { value: 1000, validate: inRange(1, 100_000, true) },
    version: { value: 1, validate: warned('version') },
  },
  inputs: 1,
  outputs: 1,
  icon: 'shelfwire-changed-stock.svg',
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
    const outlets = $('#node-input-outlets');
    const which = $('#shelfwire-which');
    let chosen: string[] = Array.isArray(this.stores) ? this.stores.map(String) : [];
    which.val(chosen.length > 0 ? 'some' : 'all');
    const tell = tellNone(SHOPS, '#shelfwire-none');
    const show = () => {
      $('.shelfwire-some').toggle(which.val() === 'some');
      if ($(`${SHOPS} input`).length > 0) chosen = checkedValues(SHOPS);
      drawShops(outlets.val(), chosen);
      tell();
    };
    which.on('change', show);
    outlets.on('change', show);
    show();
    const auto = $('#node-input-auto');
    const linger = () => {
      $('.shelfwire-linger').toggle(auto.prop('checked') === true);
    };
    auto.on('change', linger);
    linger();
  },
  oneditsave() {
    this.stores = $('#shelfwire-which').val() === 'some' ? checkedValues(SHOPS) : [];
  },
});
