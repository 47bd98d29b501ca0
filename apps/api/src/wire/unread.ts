import { maxHeaderSize, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Refusal } from '@tenantree/domain';
import type { Hall } from '../hall/hall.ts';
import { ALLOWED, commonHeaders } from './headers.ts';
import { refusalAnswer } from './refusal-answer.ts';

/** What is told, as it is written, to whoever doesn't send what a request said would come. */
export const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n';

const HEAD_TOO_LARGE: Refusal = {
  code: 'PAYLOAD_TOO_LARGE',
  message: `Send no more than ${maxHeaderSize / 1_024} KiB in an address and headers. What reads takes a longer input as the body of a POST, too.`,
};
const UNREADABLE: Refusal = { code: 'BAD_REQUEST', message: 'Send a request of HTTP.' };

/**
 * Answers who sends what doesn't become a request. Node would say a status and nothing else, and whoever reads by an address that is too long
 * wouldn't learn that there is another way.
 */
export function answerUnread(server: Server, hall: Hall): void {
  const answering = new WeakSet<Duplex>();
  server.on('request', ({ socket }, outgoing) => {
    answering.add(socket);
    outgoing.once('close', () => answering.delete(socket));
  });
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    const isLate = code === 'ERR_HTTP_REQUEST_TIMEOUT';
    // In the middle of an answer, or after one, whatever is written would be taken for more of it.
    if (answering.has(socket) || (isLate && !socket.writable)) socket.destroy();
    else if (isLate) socket.end(TIMED_OUT, () => socket.destroy());
    // What is still on its way may come, as long as a request may: whoever is cut off while they send doesn't read what is told to them.
    else if (socket.writable)
      void written(code === 'HPE_HEADER_OVERFLOW' ? HEAD_TOO_LARGE : UNREADABLE, hall).then((text) => socket.end(text));
  });
}

/** A refusal as the bytes of an answer to the last request of its connection. */
async function written(refusal: Refusal, { newId, settings }: Hall): Promise<string> {
  const requestId = newId();
  const answer = refusalAnswer(refusal, requestId, { ...commonHeaders(settings.publicUrl), ...ALLOWED });
  const body = await answer.text();
  answer.headers.set('x-request-id', requestId);
  answer.headers.set('connection', 'close');
  answer.headers.set('content-length', String(Buffer.byteLength(body)));
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${headers.join('')}\r\n${body}`;
}
