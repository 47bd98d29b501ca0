export { fetched } from './fetched.ts';
export * from './package.ts';
export { NO_ANSWER, otherAnswer } from './refusal-of.ts';
