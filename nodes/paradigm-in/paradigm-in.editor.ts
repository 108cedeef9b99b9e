import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';
import { showAddress, showTimeZone, validPath, validTimeZone } from '../../editor/receiver.editor';
import { readStoreMap, showStoreMap, validStoreMap } from '../../editor/store-map.editor';
import { warned } from '../../editor/warned.editor';

const KINDS = '#shelfwire-events input';

RED.nodes.registerType('shelfwire-paradigm-in', {
  category: 'shelfwire',
  color: '#9DB8A9',
  defaults: {
    name: { value: '' },
    path: { value: '/webhook/paradigm/inventory', validate: warned('path', validPath) },
    events: { value: [] },
    storeMap: { value: [], validate: validStoreMap },
    defaultStore: { value: '' },
    priceScope: { value: 'all' },
    timeZone: { value: '', validate: validTimeZone },
    unsigned: { value: 'refuse', validate: warned('unsigned') },
    maxBody: { value: 5_242_880, validate: inRange(1, 67_108_864, true) },
    wait: { value: 20, validate: inRange(0.1, 600) },
    version: { value: 1, validate: warned('version') },
  },
  inputs: 0,
  outputs: 1,
  icon: 'shelfwire-paradigm-in.svg',
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
    showAddress(this, 'paradigm', () => (readStoreMap()[0]?.location ?? '').toString());
    showTimeZone(this, RED.settings.shelfwireParadigmInTimeZone);
    showStoreMap(this);
    const chosen = Array.isArray(this.events) ? (this.events as string[]) : [];
    $(KINDS).each(function () {
      $(this).prop('checked', chosen.length === 0 || chosen.includes($(this).val()));
    });
  },
  oneditsave() {
    this.storeMap = readStoreMap();
    const kinds: string[] = [];
    const boxes = $(KINDS);
    boxes.each(function () {
      if ($(this).prop('checked')) kinds.push($(this).val());
    });
    // All (or, by mistake, none) is stored as an empty list: kinds that come later pass too.
    this.events = kinds.length === boxes.length ? [] : kinds;
  },
});
