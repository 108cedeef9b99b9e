/**
 * Node-RED's editor is laid out from left to right in every language, and its own `lang()` knows only core's languages.
 * So the catalogue itself says which way its texts run (`direction`, added by the build): call
 * this in `oneditprepare`. Help texts get their direction from the build.
 */

/** @param form the dialog's form; config nodes have another one than nodes */
export function turnForm(
  node: { _(key: string): string },
  form: '#dialog-form' | '#node-config-dialog-edit-form' = '#dialog-form',
): void {
  $(form).addClass('shelfwire-dialog');
  if (node._('direction') !== 'rtl') return;
  $(form).attr('dir', 'rtl');
  // Node-RED puts the space beside the buttons of a config node's list at their left.
  $(form).find('.form-row > div > select ~ .red-ui-button').css({ 'margin-left': '0', 'margin-right': '10px' });
}
