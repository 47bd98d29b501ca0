import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RowId } from '@tenantree/domain';
import { z } from 'zod';
import { refuseWith } from './refused.ts';

const SIGNATURE_BYTES = 16;

/** The place behind a row, where rows are listed by their ids. */
export const rowPlace = z.string().transform((text) => text as RowId);

/** A body with its signature: the only text in which this body is taken back. */
function signed(secret: string, kind: string, body: string): string {
  const signature = createHmac('sha256', secret).update(`cursor:${kind}:${body}`).digest().subarray(0, SIGNATURE_BYTES);
  return `${body}.${signature.toString('base64url')}`;
}

/** Writes a place in a listing as an opaque, signed text (rules/server 6). `kind` keeps cursors of different listings apart. */
export const writeCursor = (secret: string, kind: string, place: unknown): string =>
  signed(secret, kind, Buffer.from(JSON.stringify(place)).toString('base64url'));

/** Reads a cursor that this deployment wrote for this kind of listing, to the last character. @throws Refused BAD_REQUEST for any other text */
export function readCursor<T>(secret: string, kind: string, schema: z.ZodType<T>, text: string | undefined): T | null {
  if (text === undefined) return null;
  const place = readSigned(secret, kind, schema, text);
  if (place !== null) return place;
  return refuseWith(
    'BAD_REQUEST',
    'This cursor is not from an answer to the same question. Start again without one.',
    'cursor',
  );
}

/** What this deployment signed for this kind, to the last character; null of any other text. */
export function readSigned<T>(secret: string, kind: string, schema: z.ZodType<T>, text: string): T | null {
  const body = text.slice(0, Math.max(text.indexOf('.'), 0));
  const [given, expected] = [Buffer.from(text), Buffer.from(signed(secret, kind, body))];
  if (given.length === expected.length && timingSafeEqual(given, expected)) {
    const place = schema.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
    if (place.success) return place.data;
  }
  return null;
}
