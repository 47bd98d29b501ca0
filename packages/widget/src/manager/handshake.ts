/** The protocol that this build speaks (GET /version). */
const PROTOCOL = 1;

/** Whether the server speaks another protocol. One that can't be asked now is asked no more: the calls themselves will tell. */
export async function isForeign(api: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer: { readonly protocol?: unknown } = await (await fetch(`${api}/version`, { signal })).json();
    return (answer.protocol ?? PROTOCOL) !== PROTOCOL;
  } catch {
    return false;
  }
}
