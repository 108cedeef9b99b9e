/** Loaded before every test: an unhandled rejection anywhere fails the run. */
process.on('unhandledRejection', (reason) => {
  throw reason instanceof Error ? reason : new Error(`unhandled rejection: ${String(reason)}`);
});
