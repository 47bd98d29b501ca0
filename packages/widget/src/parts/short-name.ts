const MOST = 28;

/** A name as it fits on a button. */
export const shortName = (name: string): string => (name.length > MOST ? `${name.slice(0, MOST - 1)}…` : name);
