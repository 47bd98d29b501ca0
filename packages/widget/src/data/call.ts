import { refusalOf } from '@tenantree/client';
import { SourceRefusal } from './refusals.ts';

/** Calls a procedure; what it fails with becomes a {@link SourceRefusal}, except that it was given up. */
export async function call<Input, Output>(
  procedure: (input: Input, options?: { readonly signal?: AbortSignal }) => Promise<Output>,
  input: Input,
  signal?: AbortSignal,
): Promise<Output> {
  try {
    return await procedure(input, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new SourceRefusal(refusalOf(error));
  }
}
