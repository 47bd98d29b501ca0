/** The protocol that this build speaks (GET /version). */
export const PROTOCOL = 1;

/** Whether the server speaks our protocol. A server that can't be asked now is asked no more: the calls themselves will tell. */
export async function shakeHands(api: string, signal: AbortSignal): Promise<'understood' | 'foreign'> {
  try {
    const answer: unknown = await (await fetch(`${api}/version`, { signal })).json();
    const protocol = typeof answer === 'object' && answer !== null && 'protocol' in answer ? answer.protocol : PROTOCOL;
    return protocol === PROTOCOL ? 'understood' : 'foreign';
  } catch {
    return 'understood';
  }
}
