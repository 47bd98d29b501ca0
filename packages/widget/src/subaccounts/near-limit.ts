/** Share of a maximum from which on one is near it. */
const NEAR = 0.8;

/** Whether an account used as much of its own maximum of minutes as to be near it. */
export const isNearLimit = (total: string | undefined, max: string | null): boolean =>
  total !== undefined && max !== null && Number(total) >= NEAR * Number(max);
