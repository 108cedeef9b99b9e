/** Admin: the in-store devices that the brokers know, and accounts for new ones. */
import { InvalidInputError, ShelfwireError } from '../../core/errors';
import { hashPassword, makePassword } from '../../core/mqtt/password-hash';
import type { StoredDevice } from '../../core/mqtt/stored-devices';
import { isTopicLevel, stockTopic } from '../../core/mqtt/topics';
import { EVERY_STORE } from '../../core/stock/event';
import { devicesOfBrokers, reloadDevices, settingsOfBroker } from '../brokers';
import { ledgerOfDevice, placeOf, readDevices } from '../devices';
import { anyLedger } from './find';
import type { AdminRequest } from './types';

export interface DeviceRow {
  /** Id of the broker's config node. */
  broker: string;
  /** The device account; null with an external broker, which keeps its accounts to itself. */
  account: string | null;
  device_id: string;
  store_id: string;
  name: string;
  /** Null where the broker does not tell (external). */
  connected: boolean | null;
  last_seen_at: string | null;
  usual_gap_s: number | null;
  silent: boolean;
  dead: boolean;
  disabled: boolean;
  /** It was added in the sidebar. */
  added: boolean;
  clock_offset_s: number | null;
  messages: number;
}

export interface DeviceList {
  devices: DeviceRow[];
  /** Embedded brokers, to which a device can be added. */
  brokers: { id: string; host: string; port: number }[];
}

export async function list(): Promise<DeviceList> {
  const devices: DeviceRow[] = [];
  const brokers: DeviceList['brokers'] = [];
  for (const { broker, kind, devices: known } of devicesOfBrokers()) {
    const settings = settingsOfBroker(broker);
    if (settings) brokers.push({ id: broker, host: settings.host, port: settings.port });
    const inNode = new Set(settings?.accounts.map(({ account }) => account));
    for (const device of known) {
      devices.push({
        broker,
        account: kind === 'embedded' ? device.id : null,
        device_id: device.id,
        store_id: device.store_id,
        name: device.name,
        connected: device.connections === null ? null : device.connections > 0,
        last_seen_at: device.last_seen,
        usual_gap_s: device.usual_gap_s,
        silent: device.silent,
        dead: device.dead,
        disabled: device.disabled,
        added: kind === 'embedded' && !inNode.has(device.id),
        clock_offset_s: device.clock_offset_s,
        messages: device.messages,
      });
    }
  }
  return { devices, brokers };
}

/** What a device needs; the password is told this once. */
export interface DeviceLogin {
  account: string;
  store_id: string;
  name: string;
  password: string;
  host: string;
  port: number;
  tls: boolean;
  topic: string;
}

interface Device {
  broker: string;
  stored: StoredDevice;
}

/** @throws `unknown_device` */
async function find(broker: string, account: string): Promise<Device> {
  const settings = settingsOfBroker(broker);
  const deployed = settings?.accounts.find((each) => each.account === account);
  const stored = (await readDevices(broker))?.find((each) => each.account === account);
  if (deployed && (!stored || stored.added)) {
    const { store_id, name } = deployed;
    return {
      broker,
      stored: { account, store_id, name, added: false, disabled: false, hash: null, was: null },
    };
  }
  if (settings && stored && (deployed || stored.added)) return { broker, stored };
  throw new ShelfwireError(
    'unknown_device',
    `There is no device ${account} any more. Nothing was changed; reload the list.`,
  );
}

async function store(
  broker: string,
  device: StoredDevice,
  user: string,
  written: { what: string; old: string | null; new: string | null },
): Promise<void> {
  const ledger = (await ledgerOfDevice(broker, device.account)) ?? anyLedger();
  const nothing = !device.added && !device.disabled && device.hash === null;
  await ledger.change({
    name: placeOf(broker, device.account),
    value: nothing || written.what === 'device_removed' ? null : JSON.stringify(device),
    by: `user:${user}`,
    subject: `device:${device.account}`,
    ...written,
  });
  await reloadDevices(broker);
}

function loginOf(broker: string, { account, store_id, name }: StoredDevice, password: string): DeviceLogin {
  const { host, port, tls } = settingsOfBroker(broker)!;
  return { account, store_id, name, password, host, port, tls: tls !== null, topic: stockTopic(store_id) };
}

/** `{account, store_id, name?, broker?}`. */
export async function add({ body, user }: AdminRequest): Promise<DeviceLogin> {
  anyLedger();
  const brokers = (await list()).brokers;
  const broker = brokers.find(({ id }) => id === body.broker) ?? (body.broker ? undefined : brokers[0]);
  if (!broker)
    throw new InvalidInputError(
      'broker_missing',
      'There is no embedded broker that a device could be added to. Nothing was added; deploy one, or add the account at your own broker.',
      'broker',
    );
  const account = text(body.account);
  const store_id = text(body.store_id);
  if (!isTopicLevel(account) || account.length > 100)
    throw new InvalidInputError(
      'device_invalid',
      'Enter a name for the login of the device, without "/", "+" and "#". Nothing was added.',
      'account',
    );
  if (!isTopicLevel(store_id) || store_id === EVERY_STORE || store_id.length > 200)
    throw new InvalidInputError(
      'store_invalid',
      'Enter the id of the store, without "/", "+", "#". Nothing was added.',
      'store_id',
    );
  const there = await find(broker.id, account).catch(() => null);
  if (there)
    throw new InvalidInputError(
      'device_exists',
      `There is a device ${account} already, in store ${there.stored.store_id}. Nothing was added; choose another name.`,
      'account',
    );
  const password = makePassword();
  const device: StoredDevice = {
    account,
    store_id,
    name: text(body.name).slice(0, 200) || account,
    added: true,
    disabled: false,
    hash: await hashPassword(password),
    was: null,
  };
  await store(broker.id, device, user, { what: 'device_added', old: null, new: `${device.name} (${store_id})` });
  return loginOf(broker.id, device, password);
}

/** A new password; who is connected with the old one is cut off. */
export async function password({ params, user }: AdminRequest): Promise<DeviceLogin> {
  const { broker, stored } = await find(params.broker!, params.account!);
  const made = makePassword();
  const deployed = settingsOfBroker(broker)!.accounts.find((each) => each.account === stored.account);
  const next: StoredDevice = {
    ...stored,
    hash: await hashPassword(made),
    was: deployed && !stored.added ? await hashPassword(deployed.password) : null,
  };
  await store(broker, next, user, { what: 'device_password', old: null, new: null });
  return loginOf(broker, next, made);
}

export async function disable(request: AdminRequest): Promise<DeviceList> {
  return setDisabled(request, true);
}

export async function enable(request: AdminRequest): Promise<DeviceList> {
  return setDisabled(request, false);
}

async function setDisabled({ params, user }: AdminRequest, disabled: boolean): Promise<DeviceList> {
  const { broker, stored } = await find(params.broker!, params.account!);
  if (stored.disabled !== disabled) {
    const [old, now] = disabled ? ['on', 'off'] : ['off', 'on'];
    await store(broker, { ...stored, disabled }, user, { what: 'device_enabled', old, new: now });
  }
  return list();
}

/** Only of those that were added here: what is in a node is removed by a deploy. */
export async function remove({ params, user }: AdminRequest): Promise<DeviceList> {
  const { broker, stored } = await find(params.broker!, params.account!);
  if (!stored.added)
    throw new InvalidInputError(
      'device_deployed',
      `The device ${stored.account} is in the broker node. Nothing was changed; disable it here, or remove it there and deploy.`,
      'account',
    );
  await store(broker, stored, user, {
    what: 'device_removed',
    old: `${stored.name} (${stored.store_id})`,
    new: null,
  });
  return list();
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
