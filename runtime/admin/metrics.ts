/** Admin: figures for Prometheus: what the ledgers and the brokers know when they are asked, and what was counted meanwhile. */
import { Counter, Gauge, Registry } from 'prom-client';
import { ITEM_STATES } from '../../core/ledger/ledger';
import { devicesOfBrokers } from '../brokers';
import { watchedDisks } from '../disk';
import { everyOutlet } from '../every-outlet';
import { counters } from '../figures/counters';
import { openLedgers } from '../ledgers';
import { problemWatch } from '../problem-watch';
import type { Streamed } from './types';

export async function metrics(): Promise<Streamed> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const events = gauge('shelfwire_events', 'Events by outcome, since the ledger was made.', ['outcome']);
  const items = gauge('shelfwire_items', 'Items of an outlet by state.', ['outlet', 'state']);
  const oldest = gauge('shelfwire_oldest_waiting_seconds', 'Age of the oldest waiting change of an outlet.', [
    'outlet',
  ]);
  const connected = gauge('shelfwire_outlet_connected', '1 when the platform answered well last.', ['outlet']);
  const paused = gauge('shelfwire_outlet_paused', '1 while the outlet is paused.', ['outlet']);
  const success = gauge('shelfwire_last_success_timestamp_seconds', 'When the outlet last confirmed something.', [
    'outlet',
  ]);
  const demo = gauge('shelfwire_demo', '1 when a ledger holds simulated numbers.');
  const free = gauge('shelfwire_disk_free_ratio', 'Free part of the disk that a ledger is on; 0.1 and less is low.', [
    'file',
  ]);
  const freeBytes = gauge('shelfwire_disk_free_bytes', 'Room on the disk that a ledger is on.', ['file']);
  const senders = new Counter({
    name: 'shelfwire_sender_events_total',
    help: 'Events of a sender by outcome, since the ledger was made.',
    labelNames: ['sender', 'outcome'],
    registers: [registry],
  });
  const devices = gauge('shelfwire_devices', 'Devices by state: ok, silent (longer than usual), dead (broke off).', [
    'state',
  ]);
  const silent = gauge('shelfwire_device_silent', '1 while nothing is heard of a device that should be.', [
    'store_id',
    'device',
  ]);
  const problems = gauge('shelfwire_problems', 'Problems that somebody has to look at, by kind.', ['kind']);
  for (const { kind } of problemWatch().problems) problems.inc({ kind });
  for (const state of ['ok', 'silent', 'dead']) devices.set({ state }, 0);
  for (const device of devicesOfBrokers().flatMap((broker) => broker.devices)) {
    const state = device.dead ? 'dead' : device.silent ? 'silent' : 'ok';
    devices.inc({ state });
    silent.set({ store_id: device.store_id, device: device.id }, state === 'ok' ? 0 : 1);
  }
  for (const [file, watch] of watchedDisks()) {
    const disk = await watch.look();
    if (!disk) continue;
    free.set({ file }, Number((disk.free_percent / 100).toFixed(3)));
    freeBytes.set({ file }, disk.free_bytes);
  }
  for (const ledger of openLedgers()) {
    if (ledger.info.kind === 'demo') demo.set(1);
    for (const [outcome, count] of Object.entries(await ledger.counts())) events.inc({ outcome }, count);
    for (const { sender, received: _, ...outcomes } of await ledger.senders())
      for (const [outcome, count] of Object.entries(outcomes)) senders.inc({ sender, outcome }, count);
  }
  for (const { summary: outlet } of await everyOutlet()) {
    for (const state of ITEM_STATES) items.set({ outlet: outlet.id, state }, outlet.counts[state]);
    oldest.set({ outlet: outlet.id }, outlet.oldest_waiting_s ?? 0);
    connected.set({ outlet: outlet.id }, Number(outlet.connected));
    paused.set({ outlet: outlet.id }, Number(outlet.paused));
    if (outlet.last_success_at) success.set({ outlet: outlet.id }, Date.parse(outlet.last_success_at) / 1000);
  }
  const text = `${await registry.metrics()}\n${await counters().registry.metrics()}`;
  return {
    type: registry.contentType,
    pieces: (async function* () {
      yield text;
    })(),
  };
}
