/** How browsers say that a module could not be fetched. Loaders of bundlers (`Loading chunk … failed`) say it otherwise, and ask again by themselves. */
const NOT_FETCHED = /dynamically imported module: (http\S+\.js)/;

/** Files that were fetched under another address, by their own: modules that share a file share its second copy, too. */
const fetchedAgain = new Map<string, Promise<object>>();

/**
 * Loads a module, also after it could not be fetched. Browsers don't fetch such a module again under the same address; under
 * another one they do, and the error names the address (Safari's doesn't, but Safari asks again by itself).
 *
 * @param name what is wanted of the module: a file that a bundler made of several has each of them as one of its exports
 */
export async function fetched<Module extends object>(
  load: () => Promise<Module>,
  name: keyof Module & string,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const address = NOT_FETCHED.exec(String(cause))?.[1];
    if (address === undefined) throw cause;
    const file = await fetchAgain(address);
    const has = (one: unknown): one is Module => typeof one === 'object' && one !== null && name in one;
    const module = [file, ...Object.values(file)].find(has);
    if (!module) throw cause;
    return module;
  }
}

function fetchAgain(address: string): Promise<object> {
  const known = fetchedAgain.get(address);
  if (known) return known;
  // An address that was not asked for yet. No bundler knows it: Vite, and all that read webpack's comments, are told to leave it.
  const file: Promise<object> = import(/* @vite-ignore */ /* webpackIgnore: true */ `${address}?${Math.random()}`);
  fetchedAgain.set(address, file);
  file.catch(() => fetchedAgain.delete(address));
  return file;
}
