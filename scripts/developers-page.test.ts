import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../packages/domain/src/errors.ts';

const page = readFileSync(new URL('../docs/developers.md', import.meta.url), 'utf8');
const ROW = /^\| `([A-Z_]+)` \| (\d{3}) \| (yes|no) \| (.+) \|$/gm;

describe('docs/developers.md', () => {
  it('lists every error code with its status and whether retrying helps, in the order of the registry', () => {
    const listed = [...page.matchAll(ROW)].map(([, code, status, retry]) => ({
      code,
      status: Number(status),
      retryable: retry === 'yes',
    }));
    expect(listed).toEqual(Object.entries(ERROR_CODES).map(([code, rule]) => ({ code, ...rule })));
  });
});
