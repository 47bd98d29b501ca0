import type { Refusal } from '@tenantree/domain';

/** A refusal as it leaves the server, in every error's `data.refusal`. */
export type SentRefusal = Refusal & { readonly retryable: boolean };

/** What a refused call is answered with, in tRPC's terms. */
export type ErrorShape = {
  readonly code: number;
  readonly message: string;
  readonly data: {
    /** tRPC's own name of the status. */
    readonly code: string;
    readonly httpStatus: number;
    readonly path: string | null;
    readonly refusal: SentRefusal;
    readonly requestId: string | null;
  };
};
