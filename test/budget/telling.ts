/** What whoever looks for a cause is told (`npm run budget -- --why`). */
export const telling = {
  why: false,
  path: '',
  tell(what: string, text: string): void {
    if (telling.why) console.error(`\n${telling.path}: ${what}\n${text}`);
  },
};
