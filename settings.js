// The settings of `npm start`: see docs/install.md for the variables, runtime/bundled/ for what stands behind them.
const { bundledSettings } = require('./dist/runtime/bundled/settings.js');

try {
  module.exports = bundledSettings(__dirname, process.env, process.cwd());
} catch (error) {
  console.error(`Shelfwire does not start: ${error.code ? error.message : error.stack}`);
  process.exit(1);
}
