/** No types of the module: what a consumer sees who has none. */
export type Nothing = never;
