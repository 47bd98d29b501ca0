/** Stands in for the element's class where pages are made on a server: the tag is written, and the page's own script brings it to life. */
export const SubaccountManager = function SubaccountManager(): void {};
