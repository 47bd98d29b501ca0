import type { Deployment } from './deployment.ts';

/** The statements that a server asks its database from now on, as they come. */
export function heardStatements(api: Deployment): readonly string[] {
  const asked: string[] = [];
  const heard = new WeakSet<object>();
  api.composed.hall.db.pool.on('acquire', (client) => {
    if (heard.has(client)) return;
    heard.add(client);
    const query = client.query.bind(client);
    client.query = ((...args: Parameters<typeof query>) => {
      asked.push(JSON.stringify(args[0]));
      return query(...args);
    }) as typeof query;
  });
  return asked;
}
