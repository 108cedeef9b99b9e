/** The guided tour (resources/tour.js): offered once, never in the way of Node-RED's own, and there whenever it is wanted. */
import { note } from './sidebar/controls';
import { _ } from './sidebar/words';

const OFFERED = 'shelfwire.tour.offered';
const SHADE = '.red-ui-tourGuide-shade';
/** Node-RED's own tour is loaded after the flows; it goes first. */
const OWN_TOUR_MS = 8_000;
const PAUSE_MS = 1_500;

let offer: { close(): void } | null = null;

export function startTour(): void {
  offer?.close();
  offer = null;
  RED.settings.set(OFFERED, true);
  const root = String(RED.settings.apiRootUrl ?? '');
  const address = `${root}resources/@shelfwire/node-red-shelfwire/tour.js`;
  RED.tourGuide.run(new URL(address, document.baseURI).href);
}

export function offerTourOnce(): void {
  RED.actions.add('shelfwire:show-tour', startTour);
  // Whoever switched tours off, for all or for themselves, is not asked; a program that brings Shelfwire may ask for its tour alone.
  const all = RED.settings.theme('tours') !== false;
  const own = RED.settings.get('editor.view.view-show-welcome-tours', true) !== false;
  if ((!all && RED.settings.shelfwireLedgerTour !== true) || !own) return;
  if (RED.settings.get(OFFERED, false) === true) return;
  const loaded = () => {
    RED.events.off('flows:loaded', loaded);
    const seen = !all || RED.settings.get('editor.tours.welcome', '') !== '';
    window.setTimeout(offerWhenFree, seen ? PAUSE_MS : OWN_TOUR_MS);
  };
  RED.events.on('flows:loaded', loaded);
}

/** While another tour is shown, or a dialog is open, nobody is asked. */
function offerWhenFree(): void {
  if (document.querySelector(SHADE) || document.querySelector('.red-ui-tray')) {
    const watcher = new MutationObserver(() => {
      if (document.querySelector(SHADE) || document.querySelector('.red-ui-tray')) return;
      watcher.disconnect();
      window.setTimeout(offerWhenFree, PAUSE_MS);
    });
    watcher.observe(document.body, { childList: true, subtree: true });
    return;
  }
  RED.settings.set(OFFERED, true);
  offer = RED.notify(note(_('tour.offer')), {
    fixed: true,
    buttons: [
      { text: _('tour.later'), click: () => offer?.close() },
      {
        text: _('tour.start'),
        class: 'primary',
        click: startTour,
      },
    ],
  });
}
