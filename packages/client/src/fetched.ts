/** How browsers say that a module could not be fetched. Loaders of bundlers (`Loading chunk … failed`) say it otherwise, and ask again by themselves. */
const NOT_FETCHED = /dynamically imported module: (http\S+\.js)/;

/**
 * Loads a module, also after it could not be fetched. Browsers don't fetch such a module again under the same address; under
 * another one they do, and the error names the address (Safari's doesn't, but Safari asks again by itself).
 */
export async function fetched<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const address = NOT_FETCHED.exec(String(cause))?.[1];
    if (address === undefined) throw cause;
    // An address that was not asked for yet. No bundler knows it: Vite, and all that read webpack's comments, are told to leave it.
    return import(/* @vite-ignore */ /* webpackIgnore: true */ `${address}?${Math.random()}`);
  }
}
