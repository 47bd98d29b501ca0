// The TypeScript of docs/developers.md as one program that runs it, sample after sample.

const SAMPLE = /^```ts\n([\s\S]*?)^```$/gm;
const IMPORT = /^import .*;\n/gm;

/** What the page says that its samples take. */
const BEGINNING = `
const [url = '', key = '', account = ''] = process.argv.slice(2);
process.env.TENANTREE_KEY = key;
const tenantree = createTenantree({ url, getToken: async () => key });
const { trpc } = tenantree;
const report = (...said: unknown[]): void => console.error(...said);
const agent = { document: { name: 'Desk of {{company}}' } };
const agentId = (await trpc.products.create.mutate({ account, kind: 'agent', products: [agent] })).products[0]!.id;
const id = agentId;
const rows = [{ id: 'row-1', parentId: null, name: 'Row 1' }, { id: 'row-2', parentId: 'row-1', name: 'Row 2' }];
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
};
`;

/** What the page tells between two samples, before the one that has this text. */
const BETWEEN = {
  'trpc.rollouts.start': `
await until(async () => (await trpc.jobs.list.query({ account })).rows.every(({ endedAt }) => endedAt !== null));
const { product: source } = await trpc.products.get.query({ account, kind: 'agent', product: agentId });
const news = { prompt: { ...(source.document.prompt as object), greeting: 'Good day.' } };
await trpc.products.save.mutate({ account, kind: 'agent', product: agentId, expectedVersion: source.version, document: news });
`,
  'trpc.rollouts.goOn': `
await until(async () => (await trpc.rollouts.get.query({ account, kind: 'agent', rollout: rollout.id })).rollout.state === 'waiting');
`,
};

/** Samples that go on with what the one before has, which are therefore one with it. */
const GOES_ON = ['trpc.rollouts.goOn', 'const ws = createWSClient('];

/**
 * @param page in Markdown
 * @returns a module for Node: its arguments are the server's address, a key and an account. It ends by itself when no sample fails
 */
export function samplesAsProgram(page: string): string {
  const samples = [...page.matchAll(SAMPLE)].map(([, text = '']) =>
    text
      .replaceAll(`'http://localhost:7300`, `url + '`)
      .replaceAll(`'ws://localhost:7300`, `url.replace('http', 'ws') + '`),
  );
  const imports = new Set(samples.flatMap((sample) => sample.match(IMPORT) ?? []));
  const blocks: string[] = [];
  for (const sample of samples) {
    const before = Object.entries(BETWEEN).find(([text]) => sample.includes(text))?.[1] ?? '';
    const text = before + sample.replaceAll(IMPORT, '');
    if (GOES_ON.some((begin) => sample.includes(begin))) blocks.push(`${blocks.pop()}${text}`);
    else blocks.push(text);
  }
  const program = blocks.map((block) => `{\n${block}}`).join('\n');
  return `${[...imports].join('')}${BEGINNING}${program}\nprocess.exit(0);\n`;
}
