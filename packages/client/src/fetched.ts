/**
 * Loads a module, also after it could not be fetched. Browsers don't fetch such a module again under the same address; under
 * another one they do, and the error names the address (Safari's doesn't, but Safari asks again by itself).
 */
export async function fetched<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const address = /http\S+\.js/.exec(String(cause))?.[0];
    if (address === undefined) throw cause;
    // An address that was not asked for yet.
    return import(/* @vite-ignore */ `${address}?${Math.random()}`);
  }
}
