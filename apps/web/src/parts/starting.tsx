/** What stands on an empty page while the first of it is on its way; the same as in index.html. */
export const Starting = () => (
  <p className="starting" role="status">
    Loading …
  </p>
);
