import { isRecord, PROTOCOL } from '@tenantree/domain';

/** A server's address without the slash that it may end with. */
export const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

/**
 * Whether the server speaks another protocol than this client, so that nothing can be expected of it. One that can't be asked now does not.
 *
 * @param url where the server is
 */
export async function isForeign(url: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const answer: unknown = await (await fetch(`${withoutSlash(url)}/version`, { ...(signal && { signal }) })).json();
    return isRecord(answer) && (answer['protocol'] ?? PROTOCOL) !== PROTOCOL;
  } catch {
    return false;
  }
}
