import type { JobItem } from '@tenantree/contract';
import { isEnded, type RowId } from '@tenantree/domain';
import { saveAll } from '@tenantree/widget/rooms';
import { tenantree } from '../server.ts';

/** By this mark spreadsheets know that the file is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';
const CSV = 'text/csv;charset=utf-8';

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
export const saveFile = (account: string, job: string): Promise<void> =>
  saveParts((more) => tenantree.trpc.jobs.file.query({ account, job, ...more }));

/** Saves what became of the items of a job. @param state of those that ended so; nothing: of all */
export const saveItems = (account: string, job: string, state?: JobItem['state']): Promise<void> =>
  saveAll((cursor) =>
    tenantree.trpc.jobs.export.query({ account, job, ...(state && { state }), ...(cursor !== null && { cursor }) }),
  );

/** A part of a file; of a PDF, which has one part, in base64. */
type Part = {
  readonly filename: string;
  readonly type: 'csv' | 'pdf';
  readonly content: string;
  readonly nextCursor: string | null;
};

/** Saves a file that comes in parts. */
export async function saveParts(read: (more: { readonly cursor?: string }) => Promise<Part>): Promise<void> {
  const parts: BlobPart[] = [];
  let part = await read({});
  for (; ; part = await read({ cursor: part.nextCursor })) {
    parts.push(part.type === 'pdf' ? Uint8Array.from(atob(part.content), (char) => char.charCodeAt(0)) : part.content);
    if (part.nextCursor === null) break;
  }
  const { filename, type } = part;
  if (type === 'pdf') save(filename, new Blob(parts, { type: 'application/pdf' }));
  else save(filename, new Blob([BYTE_ORDER_MARK, ...parts], { type: CSV }));
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
export const saveCsv = (name: string, csv: string): void => save(name, new Blob([BYTE_ORDER_MARK, csv], { type: CSV }));
