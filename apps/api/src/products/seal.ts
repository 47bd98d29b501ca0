import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { SealedSecret } from '@tenantree/db';
import type { AccountId, RowId } from '@tenantree/domain';

/** What the first byte of a sealed secret says: how it is sealed. */
const AES_256_GCM = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Secrets that are shorter show nothing of themselves. */
const SHOWS_ITS_END = 16;

/** The key of a deployment for secrets of products, from its `SECRET`. */
const keyOf = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'tenantree secrets of products', 32));

/** Where a secret stands: nowhere else can it be opened. */
export type SecretSpot = { readonly account: AccountId; readonly product: RowId; readonly place: string };

const boundTo = ({ account, product, place }: SecretSpot): Buffer => Buffer.from(`${account} ${product} ${place}`);

/**
 * Encrypts a secret of a product (AES-256-GCM), bound to where it stands: at another place, or another product's, it can't be opened.
 *
 * @param secret of the deployment
 */
export function seal(secret: string, spot: SecretSpot, value: string): SealedSecret {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), iv).setAAD(boundTo(spot));
  const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  const ciphertext = Buffer.concat([Buffer.of(AES_256_GCM), iv, cipher.getAuthTag(), body]);
  return { place: spot.place, ciphertext, last4: value.length < SHOWS_ITS_END ? '' : value.slice(-4) };
}

/** Opens what was sealed for a spot. @throws when it was not */
export function unseal(secret: string, spot: SecretSpot, ciphertext: Buffer): string {
  const tagAt = 1 + IV_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret), ciphertext.subarray(1, tagAt))
    .setAAD(boundTo(spot))
    .setAuthTag(ciphertext.subarray(tagAt, tagAt + TAG_BYTES));
  return Buffer.concat([decipher.update(ciphertext.subarray(tagAt + TAG_BYTES)), decipher.final()]).toString('utf8');
}
