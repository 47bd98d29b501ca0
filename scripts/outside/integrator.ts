// What an integrator writes, as the files of a project: with `tsc` and with Node alone.

/** One call, its types checked where `any` would be found out, and everything that the package exports used once. */
export const PROGRAM = `
import { createTRPCClient, httpBatchLink } from '@trpc/client';
import { type AppRouter, createTenantree, isForeign, pages, refusalOf } from '@tenantree/client';

const [url = '', key = '', account = ''] = process.argv.slice(2);
const tenantree = createTenantree({ url, getToken: async () => key });
const { accounts } = tenantree.trpc;

// a wrong input, an unknown procedure and a wrong use of an answer are mistakes here, not at run time
const wrong = async (): Promise<void> => {
  // @ts-expect-error an account is text
  await accounts.list.query({ account: 1 });
  // @ts-expect-error there is no such procedure
  await accounts.lsit.query({ account });
  // @ts-expect-error minutes are text
  const minutes: number = (await accounts.get.query({ account })).minutes.total;
};
if (key === 'never') await wrong();

await accounts.create.mutate({ account, name: 'One', externalId: 'one', metadata: { crm: ['a', { b: 1 }] } });
await accounts.create.mutate({ account, name: 'Two', externalId: 'two' });

const names: string[] = [];
for await (const page of pages(accounts.list, { account, limit: 1 })) names.push(...page.rows.map(({ name }) => name));

const occurredAt = new Date().toISOString();
const event = { account: 'ext:one', meter: 'call.minutes', quantity: '1.5', occurredAt, idempotencyKey: 'call-1' };
const { accepted } = await tenantree.trpc.usage.record.mutate({ account, events: [event] });

const minutes = await new Promise<string[]>((resolve, reject) => {
  tenantree.trpc.usage.live.subscribe(
    { account },
    { onData: ({ data }) => resolve(data.minutes.map(([, , total]) => total)), onError: (error) => reject(error) },
  );
});

let refusal = '';
try {
  await accounts.rename.mutate({ account: 'ext:one', name: 'Two' });
} catch (error) {
  refusal = refusalOf(error).code;
}

const stock = createTRPCClient<AppRouter>({
  links: [httpBatchLink({ url: \`\${url}/trpc\`, headers: { authorization: \`Bearer \${key}\` } })],
});
const { total } = await stock.accounts.list.query({ account });

console.log(JSON.stringify({ names, accepted, minutes, refusal, total, foreign: await isForeign(url) }));
tenantree.close();
`;

/** What {@link PROGRAM} prints. */
export const PRINTS = {
  names: ['One', 'Two'],
  accepted: 1,
  minutes: ['1.5', '1.5'],
  refusal: 'NAME_TAKEN',
  total: 2,
  foreign: false,
};

/** The smallest program with a call, and the same without: what the package's types cost is the difference. */
export const WITH_A_CALL = `
import { createTenantree } from '@tenantree/client';
export const rows = async () => (await createTenantree({ url: 'https://a.example' }).trpc.accounts.list.query({ account: 'ext:a' })).rows;
`;
export const WITHOUT_A_CALL = 'export const rows = async () => [];\n';

/** A strict project. */
export const tsconfig = (...files: readonly string[]): string =>
  JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      lib: ['es2024', 'dom'],
      types: ['node'],
      strict: true,
      skipLibCheck: true,
      outDir: 'built',
      rootDir: '.',
    },
    files,
  });
