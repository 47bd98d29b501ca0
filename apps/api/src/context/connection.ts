/** What an HTTP request or a WebSocket connection carries, as far as recognising the caller needs it. */
export type Connection = {
  readonly headers: Headers;
  /** The page's origin, when a browser says it. */
  readonly origin: string | null;
  /** Whether cookies count: the request came from a page of ours, or from none (rules/server 12, cross-site requests). */
  readonly sameOrigin: boolean;
  /** The caller's IP address; behind a trusted proxy the one that the proxy saw. */
  readonly remoteAddress: string;
  /** What a WebSocket client said first about itself; null over HTTP. */
  readonly connectionParams: Readonly<Record<string, string>> | null;
  readonly requestId: string;
  /** The idempotency key of each call of a request; on a lasting connection there are none. */
  readonly idempotencyKeys?: readonly string[];
  /** Whether these are several calls of one request, none of which lasts: their caller is looked up once. */
  readonly isBatch?: boolean;
  /** Called when a call was answered as an earlier one with the same key. */
  readonly repeated?: () => void;
  /** Tells how a procedure's call ended, for metrics and the log. @param outcome `ok` or the refusal's code */
  readonly observeCall: (call: ObservedCall) => void;
};

export type ObservedCall = {
  readonly path: string;
  readonly type: string;
  readonly outcome: string;
  readonly durationMs: number;
};
