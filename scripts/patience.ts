import { vi } from 'vitest';

/**
 * How long a test waits for what is to come (ms): of two cores that are busy with others', a second is soon over. Where a rule says how
 * soon, its test says so itself.
 */
const PATIENCE_MS = 10_000;

/** What a wait is told, with this patience unless it is told another. */
const patient = <Options extends { readonly timeout?: number }>(options: number | Options = PATIENCE_MS) =>
  typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options };

// `expect.poll` and `expect.element` are told in vitest.config.ts; these can't be.
const { waitFor, waitUntil } = vi;
vi.waitFor = (condition, options) => waitFor(condition, patient(options));
vi.waitUntil = (condition, options) => waitUntil(condition, patient(options));
