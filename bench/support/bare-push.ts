/** What an integrator would write by hand: a loop that posts items with axios, and one that first reads them from a CSV. */
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import axios from 'axios';
import { serve } from './serve';

export interface BarePush {
  url: string;
  key: string;
  /** Items in one request. */
  size: number;
  /** Requests at a time. */
  concurrency: number;
}

interface Item {
  sku: string;
  selling_price: number;
  stock_status: number;
}

const agent = new Agent({ keepAlive: true });

function read(file: string): Item[] {
  const [heading, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const columns = heading!.split(',');
  const at = (name: string) => columns.indexOf(name);
  const [sku, price, status] = [at('sku'), at('selling_price'), at('stock_status')];
  return lines.map((line) => {
    const cells = line.split(',');
    return { sku: cells[sku]!, selling_price: Number(cells[price]), stock_status: Number(cells[status]) };
  });
}

async function post(items: Item[], { url, key, size, concurrency }: BarePush): Promise<void> {
  let next = 0;
  const sender = async () => {
    while (next < items.length) {
      const chunk = items.slice(next, next + size);
      next += size;
      const answer = await axios.post(url, chunk, { headers: { 'X-API-Key': key }, httpAgent: agent, proxy: false });
      if (answer.data.accepted !== chunk.length) throw new Error(`answered ${JSON.stringify(answer.data)}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sender));
}

let held: Item[] = [];

serve({
  catalogue: (file: string, push: BarePush) => post(read(file), push),
  hold: (file: string) => {
    held = read(file);
  },
  push: (push: BarePush) => post(held, push),
});
