/**
 * A platform that is careless with keys: it puts the whole request, headers and address, into whatever it answers. The
 * first part of the path says how it answers.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { TEST_CERT, TEST_KEY } from './certificate';

export interface EchoPlatform {
  port: number;
  /** A port whose certificate nobody trusts. */
  tlsPort: number;
  /** What arrived: first part of the path → everything that came with it. */
  seen: Map<string, string>;
  stop(): Promise<void>;
}

export async function startEchoPlatform(): Promise<EchoPlatform> {
  const seen = new Map<string, string>();
  const answer = (req: IncomingMessage, res: ServerResponse) => void reply(req, res, seen);
  const servers: Server[] = [http.createServer(answer), https.createServer({ key: TEST_KEY, cert: TEST_CERT }, answer)];
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  return {
    port: ports[0]!,
    tlsPort: ports[1]!,
    seen,
    async stop() {
      for (const server of servers as http.Server[]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function reply(req: IncomingMessage, res: ServerResponse, seen: Map<string, string>): Promise<void> {
  const how = req.url!.split(/[/?]/)[1]!;
  await req.toArray();
  const basic = Buffer.from(String(req.headers.authorization).split(' ')[1] ?? '', 'base64').toString();
  const echo = `CONTROL-answer ${req.url} ${JSON.stringify(req.headers)} ${basic}`.replace(/[^ -~]/g, ' ');
  seen.set(how, `${seen.get(how) ?? ''}${echo}`);
  const json = (status: number, value: unknown) => {
    res.writeHead(status, echo.slice(0, 200), {
      'Content-Type': 'application/json',
      'X-Echo': echo.slice(0, 4_000),
    });
    res.end(JSON.stringify(value));
  };
  switch (how) {
    case 'ok':
      json(200, { message: echo });
      break;
    case 'items':
      json(422, { errors: [{ index: 0, code: echo.slice(15, 90), message: `${'x'.repeat(960)} ${echo}` }] });
      break;
    case 'form':
      json(400, { message: `${'x'.repeat(480)} ${echo}` });
      break;
    case 'html':
      res.writeHead(200, { 'Content-Type': 'text/html' }).end(`<html><b>${echo}</b>`);
      break;
    case 'redirect':
      res.writeHead(302, { Location: `/ok/${req.headers['x-api-key'] ?? ''}` }).end(echo);
      break;
    case 'cut':
      res.writeHead(200, { 'Content-Length': '100000' });
      res.write(echo, () => req.socket.destroy());
      break;
    case 'silent':
      break;
    default:
      json(Number(how) || 404, { error: { message: echo } });
  }
}
