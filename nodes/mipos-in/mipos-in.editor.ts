import { turnForm } from '../../editor/direction';
import { inRange } from '../../editor/range';
import { showAddress, showTimeZone, validPath, validTimeZone } from '../../editor/receiver.editor';
import { readStoreMap, showStoreMap, validStoreMap } from '../../editor/store-map.editor';
import { warned } from '../../editor/warned.editor';

RED.nodes.registerType('shelfwire-mipos-in', {
  category: 'shelfwire',
  color: '#9DB8A9',
  defaults: {
    name: { value: '' },
    path: { value: '/webhook/mipos/stock', validate: warned('path', validPath) },
    storeMap: { value: [], validate: validStoreMap },
    timeZone: { value: '', validate: validTimeZone },
    inventorySystemId: { value: '' },
    unsigned: { value: 'refuse', validate: warned('unsigned') },
    maxBody: { value: 5_242_880, validate: inRange(1, 67_108_864, true) },
    wait: { value: 20, validate: inRange(0.1, 600) },
    version: { value: 1, validate: warned('version') },
  },
  inputs: 0,
  outputs: 1,
  icon: 'shelfwire-mipos-in.svg',
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
    showAddress(this, 'mipos', () => (readStoreMap()[0]?.location ?? '').toString());
    showTimeZone(this, RED.settings.shelfwireMiposInTimeZone);
    showStoreMap(this);
  },
  oneditsave() {
    this.storeMap = readStoreMap();
  },
});
