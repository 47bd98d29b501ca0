/** Stands in for the element where pages are made on a server: its tag is written, and the page's own script brings it to life. */
export const SubaccountManager = class {};
