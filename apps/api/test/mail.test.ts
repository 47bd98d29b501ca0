import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createSmtp } from '../src/server/send-mail.ts';
import { PASSWORD } from './support/clients.ts';
import { type Deployment, deploy } from './support/deployment.ts';

let mailServer: Server;
let api: Deployment;
let took = '';
let lines = '';

/** Speaks as much of SMTP as one mail needs, and refuses whom it doesn't know. */
function receive(socket: Socket): void {
  let isData = false;
  socket.write('220 mail.test ESMTP\r\n');
  socket.on('data', (chunk) => {
    const text = String(chunk);
    took += text;
    if (isData) {
      if (!text.endsWith('\r\n.\r\n')) return;
      isData = false;
      socket.write('250 taken\r\n');
    } else if (text.startsWith('DATA')) {
      isData = true;
      socket.write('354 go on\r\n');
    } else if (text.startsWith('RCPT') && text.includes('lost@')) socket.write('550 nobody here\r\n');
    else socket.write(text.startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n');
  });
  socket.on('error', () => undefined);
}

beforeAll(async () => {
  mailServer = createServer(receive).listen(0, '127.0.0.1');
  await once(mailServer, 'listening');
  const address = mailServer.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const smtp = { url: `smtp://127.0.0.1:${port}`, from: 'Tenantree <hello@tree.example>' };
  api = await deploy({ config: { smtp }, onLog: (line) => (lines += line) });
});
afterAll(async () => {
  await api.close();
  mailServer.close();
});

const forget = (email: string) =>
  fetch(`${api.url}/auth/password/forgotten`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: api.url },
    body: JSON.stringify({ email }),
  });

it('A mail goes to the mail server, to one address in its ASCII form, with the link whole', async () => {
  await api.composed.auth.create({ email: 'ann@bücher.example', name: 'Ann', password: PASSWORD });
  expect((await forget('ann@bücher.example')).status).toBe(200);
  await vi.waitFor(() => expect(took).toContain('\r\n.\r\n'));
  expect(took.match(/^RCPT TO:.*$/gm)?.map((line) => line.trim())).toEqual(['RCPT TO:<ann@xn--bcher-kva.example>']);
  expect(took).toMatch(/^From: Tenantree <hello@tree\.example>\r$/m);
  const link = /^https?:\S+\/reset\/(tt_reset_\w+)\r$/m.exec(took.replaceAll('=\r\n', ''))?.[1] ?? '';
  const answer = await fetch(`${api.url}/auth/password/reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: api.url },
    body: JSON.stringify({ token: link, password: 'another good password' }),
  });
  expect(answer.status).toBe(200);
  expect(lines).not.toContain(link);
});

it('A mail that is not taken is told to the log, and to nobody who asked', async () => {
  await api.composed.auth.create({ email: 'lost@example.com', name: 'Lost', password: PASSWORD });
  expect((await forget('lost@example.com')).status).toBe(200);
  await vi.waitFor(() => expect(lines).toContain('failed in the background'));
  expect(lines).not.toContain('tt_reset_');
});

it('An address is never read as two', async () => {
  took = '';
  const address = mailServer.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const send = createSmtp({ url: `smtp://127.0.0.1:${port}`, from: 'hello@tree.example' });
  await send({ to: 'a@example.com,b@example.com', subject: 'x', text: 'y' }).catch(() => undefined);
  expect(took).not.toMatch(/^RCPT TO:<b@example\.com>/m);
});
