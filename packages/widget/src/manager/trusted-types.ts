/** As far as it is needed here of what a page may have (CSP `trusted-types`). */
type Rules = { readonly createHTML: (text: string) => string };
type Factory = { createPolicy(name: string, rules: Rules): object };

/**
 * Under which name the element asks for a policy. Not lit's: of a listed name a page has one policy, and a page with a lit of its own needs
 * that itself.
 */
export const OWN_POLICY = 'subaccount-manager';
const LIT_POLICY = 'lit-html';
const RULES: Rules = { createHTML: (text) => text };

const factory = Reflect.get(globalThis, 'trustedTypes') as Factory | undefined;
const { createPolicy } = factory ?? {};

function create(name: string): object | null {
  try {
    return createPolicy?.call(factory, name, RULES) ?? null;
  } catch {
    // the page's list lacks this name, or somebody has it already
    return null;
  }
}

/** Whether the page takes no markup without a policy. */
function isStrict(): boolean {
  try {
    document.createElement('template').innerHTML = '<!---->';
    return false;
  } catch {
    return true;
  }
}

const own = create(OWN_POLICY);
const policy = own ?? (isStrict() ? create(LIT_POLICY) : null);

/** Whether the page forbids what the element is made of. */
export const isRefused = policy === null && isStrict();

// lit asks for its policy when it is loaded, and fails altogether where it can't have it: until then it is given ours, or none.
if (factory) Object.defineProperty(factory, 'createPolicy', { configurable: true, value: () => policy ?? RULES });

/** From now on the page creates its policies as before: lit is loaded. */
export function release(): void {
  if (factory) Reflect.deleteProperty(factory, 'createPolicy');
}
