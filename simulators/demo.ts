/**
 * The demo's outside world, in a worker thread of the demo's own process: a simulated Pasons, and three shops that report
 * by Paradigm (store 1), MiPOS (store 2) and scanners (store 3).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, workerData } from 'node:worker_threads';
import type { DemoWorkerData } from '../runtime/bundled/demo';
import { DemoTarget, NotADemoError } from './demo-target';
import { MiposSender, miposUpdate } from './mipos';
import { ParadigmSender, paradigmEvent, startParadigmApi } from './paradigm';
import { startPasons } from './pasons';
import { seeded } from './random';
import { startScanners } from './scanners';
import { money, Shop, type ShopChange } from './shop';

const EVERY_MS = 1_500;

interface Sender {
  send(change: ShopChange): Promise<Response>;
}

async function listenAll({ folder, secrets, ports }: DemoWorkerData): Promise<void> {
  const pasons = (port: number) =>
    startPasons({ port, apiKey: secrets.PASONS_API_KEY!, journal: join(folder, 'simulated-pasons.jsonl') });
  const paradigm = (port: number) => startParadigmApi({ port, apiKey: secrets.PARADIGM_API_KEY! });
  Atomics.store(ports, 1, await onItsPort(join(folder, 'simulated-pasons.port'), pasons));
  Atomics.store(ports, 2, await onItsPort(join(folder, 'simulated-paradigm.port'), paradigm));
}

/** On the port of last time if it is still free: to Shelfwire another address would be another platform. */
async function onItsPort(file: string, start: (port: number) => Promise<{ port: number }>): Promise<number> {
  const last = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) || 0 : 0;
  const { port } = await start(last).catch(() => start(0));
  writeFileSync(file, `${port}\n`);
  return port;
}

async function trade({ target: url, mqttUrl, secrets, timeZone }: DemoWorkerData): Promise<void> {
  const target = new DemoTarget(url);
  await target.ready(300_000);
  const random = seeded(Date.now());
  const shop = new Shop(random, String(Date.now()));
  for (const store of ['1', '2', '3']) await sendCatalogue(target, secrets.SHELFWIRE_API_TOKEN!, shop, store);

  await startScanners({
    target,
    mqttUrl,
    devices: [{ account: 'scanner-3', password: secrets.SCANNER_PASSWORD!, store: '3' }],
    every: 2 * EVERY_MS,
    shop,
  });
  const paradigm = new ParadigmSender(target, secrets.PARADIGM_WEBHOOK_SECRET!);
  const mipos = new MiposSender(target, secrets.MIPOS_CLIENT_SECRET!);
  const byParadigm: Sender = { send: (change) => paradigm.send(paradigmEvent(change)) };
  const byMipos: Sender = { send: (change) => mipos.send(miposUpdate(change, timeZone)) };
  for (let round = 0; ; round++) {
    await pause(EVERY_MS);
    const price = round % 7 === 6;
    const change = shop.next(price ? ['price'] : ['sale', 'sale', 'delivery', 'count'], String((round % 2) + 1));
    await delivered(() => (change.item.store === '1' || price ? byParadigm : byMipos).send(change));
  }
}

/** The Export Feed's columns: with it every item has a price and a status. */
async function sendCatalogue(target: DemoTarget, token: string, shop: Shop, store: string): Promise<void> {
  const rows = shop.items
    .filter((item) => item.store === store)
    .map((item) => `${item.sku},${money(item.price)},${item.quantity > 0 ? 1 : 0},${item.barcode}`);
  const body = ['sku,selling_price,stock_status,barcode', ...rows, ''].join('\n');
  await delivered(() =>
    target.post(`/api/catalogue/${store}`, body, { 'Content-Type': 'text/csv', Authorization: `Bearer ${token}` }),
  );
}

/** Sends until it is taken, as a real sender does; what is refused (4xx) would be refused again. */
async function delivered(send: () => Promise<Response>): Promise<void> {
  for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
    try {
      const { status } = await send();
      if (status < 500 && status !== 429 && status !== 404) return;
    } catch (thrown) {
      if (thrown instanceof NotADemoError) throw thrown;
    }
    await pause(wait);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function run(data: DemoWorkerData): Promise<void> {
  try {
    await listenAll(data);
    Atomics.store(data.ports, 0, 1);
  } catch (thrown) {
    Atomics.store(data.ports, 0, 2);
    throw thrown;
  } finally {
    Atomics.notify(data.ports, 0);
  }
  await trade(data);
}

if (!isMainThread)
  run(workerData as DemoWorkerData).catch((thrown: unknown) => {
    console.error(`SIMULATED senders have stopped: ${thrown instanceof Error ? thrown.message : thrown}`);
  });
