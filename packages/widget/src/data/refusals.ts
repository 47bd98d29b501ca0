import type { CallRefusal } from '@tenantree/client';

/** What a live subscription delivers. It ends only by being stopped or by `onRefused`. */
export type LiveReader<Frame> = {
  readonly onFrame: (frame: Frame) => void;
  /** The server ended the subscription for good. */
  readonly onRefused: (refusal: SourceRefusal) => void;
};

/**
 * Why a call to the source failed: the server's refusal, or `UNAVAILABLE` when no server answered. Every promise of an
 * source rejects with one of these (or with an `AbortError`).
 */
export class SourceRefusal extends Error {
  override readonly name = 'SourceRefusal';
  readonly code: CallRefusal['code'];
  /** Input field that the refusal is about. */
  readonly field: string | null;
  /** Whether the same call, unchanged, can succeed later. */
  readonly retryable: boolean;
  /** Id under which the server logged the call. */
  readonly requestId: string | null;
  /** All that is wrong with a document, each with its JSON pointer. */
  readonly faults: NonNullable<CallRefusal['faults']>;

  constructor(refusal: {
    readonly code: CallRefusal['code'];
    readonly message: string;
    readonly field?: string;
    readonly retryable?: boolean;
    readonly requestId?: string;
    readonly faults?: CallRefusal['faults'];
  }) {
    super(refusal.message);
    this.code = refusal.code;
    this.field = refusal.field ?? null;
    this.retryable = refusal.retryable ?? false;
    this.requestId = refusal.requestId ?? null;
    this.faults = refusal.faults ?? [];
  }
}

/** What any error of a source is to the screens. */
export const refusalFrom = (error: unknown): SourceRefusal =>
  error instanceof SourceRefusal
    ? error
    : new SourceRefusal({ code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) });
