/** A committed-in-order number of a tree; every change of a tree takes the next one. */
export type TreeVersion = number;
