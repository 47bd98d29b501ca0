export * from './errors.ts';
export * from './hierarchy/account.ts';
export * from './ids.ts';
export * from './live/frames.ts';
export * from './time.ts';
export * from './usage/quantity.ts';
