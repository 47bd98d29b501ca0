import { expect, it } from 'vitest';
import { instantOf } from '../time.ts';
import { decideRecentProof, PROOF_MINUTES } from './proof.ts';

it('A proof of the password lasts for fifteen minutes, to the millisecond', () => {
  const provedAt = instantOf(1_000_000);
  const lastMs = 1_000_000 + PROOF_MINUTES * 60_000 - 1;
  expect(decideRecentProof(provedAt, lastMs).ok).toBe(true);
  expect(decideRecentProof(provedAt, lastMs + 1)).toMatchObject({ refusal: { code: 'REAUTHENTICATION_REQUIRED' } });
});
