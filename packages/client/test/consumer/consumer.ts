import { createTenantree, refusalOf } from '@tenantree/client';

const { trpc, close } = createTenantree({ url: 'https://accounts.example.com', getToken: async () => 'tt_key_…' });

/** What somebody writes who knows the client only: an answer, an input, a frame and a refusal, all of them typed. */
export async function useIt(): Promise<string> {
  const page = await trpc.accounts.list.query({ account: 'ext:crm-1', limit: 10 });
  const name: string | undefined = page.rows[0]?.name;
  trpc.usage.live.subscribe(
    { account: 'ext:crm-1' },
    {
      onData: ({ id, data }) => {
        const minutes: string | undefined = data.minutes[0]?.[2];
        console.log(id, minutes);
      },
      onError: (error) => console.log(refusalOf(error).code, error.data?.refusal.retryable),
    },
  );
  close();
  // @ts-expect-error there is no such field in the answer
  return name ?? page.rows[0]?.colour;
}

/** A wrong type in an input is found. */
export const wrong = () =>
  // @ts-expect-error a name is text
  trpc.accounts.create.mutate({ account: 'ext:crm-1', name: 5 });
