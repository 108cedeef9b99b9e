/** Admin: the in-store devices that the brokers know. */
import { devicesOfBrokers } from '../brokers';

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
  clock_offset_s: number | null;
  messages: number;
}

export async function list(): Promise<{ devices: DeviceRow[] }> {
  return {
    devices: devicesOfBrokers().flatMap(({ broker, kind, devices }) =>
      devices.map((device) => ({
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
        clock_offset_s: device.clock_offset_s,
        messages: device.messages,
      })),
    ),
  };
}
