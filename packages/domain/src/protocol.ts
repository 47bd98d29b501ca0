/** What clients and servers speak with each other. Grows when clients of before can no longer talk to a server of today. */
export const PROTOCOL = 1;
