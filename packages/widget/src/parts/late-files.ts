/** What late files have for each other, by their names (`late-files.ts` of the build). */
export const files: Record<string, Readonly<Record<string, unknown>>> = {};
