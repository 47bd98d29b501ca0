import { createHmac, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';
import { refuseWith } from './refused.ts';

const sign = (secret: string, kind: string, body: string): Buffer =>
  createHmac('sha256', secret).update(`cursor:${kind}:${body}`).digest().subarray(0, 16);

/** Writes a place in a listing as an opaque, signed text (reliability.md 4). `kind` keeps cursors of different listings apart. */
export function writeCursor(secret: string, kind: string, place: unknown): string {
  const body = Buffer.from(JSON.stringify(place)).toString('base64url');
  return `${body}.${sign(secret, kind, body).toString('base64url')}`;
}

/** Reads a cursor that this deployment wrote for this kind of listing. @throws Refused BAD_REQUEST for any other text */
export function readCursor<T>(secret: string, kind: string, schema: z.ZodType<T>, text: string | undefined): T | null {
  if (text === undefined) return null;
  const [body = '', signature = ''] = text.split('.');
  const given = Buffer.from(signature, 'base64url');
  const expected = sign(secret, kind, body);
  if (given.length === expected.length && timingSafeEqual(given, expected)) {
    const place = schema.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
    if (place.success) return place.data;
  }
  return refuseWith(
    'BAD_REQUEST',
    'This cursor is not from an answer to the same question. Start again without one.',
    'cursor',
  );
}
