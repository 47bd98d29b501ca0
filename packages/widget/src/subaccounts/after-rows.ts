// What a session needs once its first rows are there: one file, so that they come with one request.
export { LiveWatch } from './live-watch.ts';
export { PageLoader } from './page-loader.ts';
