import { isEnded, type RowId } from '@tenantree/domain';
import { tenantree } from '../server.ts';

/** By this mark spreadsheets know that the file is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

/** Waits until a job that writes a file is over. @throws when it failed */
const written = (account: string, job: RowId): Promise<void> =>
  new Promise((resolve, reject) => {
    const subscription = tenantree.trpc.jobs.live.subscribe(
      { account, job },
      {
        onData: ({ data }) => {
          if (!isEnded(data.state)) return;
          subscription.unsubscribe();
          if (data.state === 'succeeded') resolve();
          else reject(new Error('The file could not be written.'));
        },
        onError: reject,
      },
    );
  });

/** Asks for a file that a job writes, and saves it once it is there. */
export async function saveJob(account: string, ask: () => Promise<{ readonly job: RowId }>): Promise<void> {
  const { job } = await ask();
  await written(account, job);
  await saveFile(account, job);
}

/** Saves the file that a job wrote. */
export async function saveFile(account: string, job: string): Promise<void> {
  const parts: BlobPart[] = [];
  let [name, type] = ['', 'text/csv;charset=utf-8'];
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const asked = { account, job, ...(cursor !== null && { cursor }) };
    const part: Awaited<ReturnType<typeof tenantree.trpc.jobs.file.query>> =
      await tenantree.trpc.jobs.file.query(asked);
    if (part.type === 'pdf') {
      type = 'application/pdf';
      parts.push(Uint8Array.from(atob(part.content), (char) => char.charCodeAt(0)));
    } else parts.push(...(isFirst ? [BYTE_ORDER_MARK] : []), part.content);
    name = part.filename;
    cursor = part.nextCursor;
  }
  save(name, new Blob(parts, { type }));
}

/** Saves a file. */
export function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Saves a CSV file. */
export const saveCsv = (name: string, csv: string): void =>
  save(name, new Blob([BYTE_ORDER_MARK, csv], { type: 'text/csv;charset=utf-8' }));
