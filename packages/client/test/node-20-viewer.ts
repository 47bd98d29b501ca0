import { connect, watchTicks } from './ticker-client.ts';

/**
 * A program of an integrator, bundled and run by the oldest Node that the client claims: calls, watches until the server has said two
 * things, and ends. Nothing ends it but `close`.
 */
const [url = ''] = process.argv.slice(2);
const tenantree = connect({ url, getToken: async () => 'token' });
console.info(JSON.stringify({ version: process.version, called: await tenantree.trpc.whoami.query() }));
const watched = watchTicks(tenantree);
const timer = setInterval(() => {
  if (watched.ticks.length < 2 && watched.refusals.length === 0) return;
  clearInterval(timer);
  tenantree.close();
  const { ids, ticks, refusals } = watched;
  console.info(JSON.stringify({ ids, ticks, refusals, states: tenantree.states }));
}, 20);
