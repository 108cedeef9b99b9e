/**
 * To be imported first. A browser on a system without a language (LANG=C, as on many a wall screen) calls its own
 * `en-US@posix`, which it does not take itself: the plotting library would fail while it is loaded.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
}
