/** The operator's sidebar on three branches, in one Node-RED and one browser. */
import { appearance } from './appearance';
import { buttons } from './buttons';
import { figures } from './figures';
import { keyboard } from './keyboard';
import { permissions } from './permissions';
import { pictures } from './pictures';
import { scale } from './scale';
import { settings } from './settings';
import { type OperatorShop, startOperatorShop } from './shop';

describe('the sidebar of an operator', function () {
  this.timeout(90_000);
  let shop: OperatorShop;
  before(async () => {
    shop = await startOperatorShop();
  });
  after(() => shop?.stop());

  // Before anything is pressed.
  pictures(() => shop);
  buttons(() => shop);
  keyboard(() => shop);
  permissions(() => shop);
  appearance(() => shop);
  settings(() => shop);
  scale(() => shop);
  figures(() => shop);
});
