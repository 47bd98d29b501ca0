import pg from 'pg';
import { DatabaseClient, type DatabaseConfig, onAnyHost } from '../hosts.ts';
import { checkServing } from '../serving.ts';

/** A PostgreSQL channel that is listened to until closed. */
export type Listener = { close(): Promise<void> };

/** What is done with what is heard. */
export type Handlers = {
  readonly onMessage: (payload: string) => void;
  /** Called after every reconnection: messages may have been missed, so state has to be read again. */
  readonly onReconnect: () => void;
};

type Heard = Handlers & { readonly channel: string };

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

/** The one connection with which a server listens to all of its channels, as long as it listens to any; it keeps reconnecting when it is lost. */
export class Line {
  readonly #config: DatabaseConfig;
  readonly #heard = new Set<Heard>();
  #client: DatabaseClient | null = null;
  #connecting: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(config: DatabaseConfig) {
    this.#config = config;
  }

  /** Resolves once it listens. */
  async listen(channel: string, handlers: Handlers): Promise<Listener> {
    const heard = { ...handlers, channel };
    this.#heard.add(heard);
    try {
      this.#connecting ??= onAnyHost(this.#config.hosts, () => this.#connect());
      await this.#connecting;
      // One that came when others listened already.
      await this.#client?.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      await this.#leave(heard);
      throw error;
    }
    return { close: () => this.#leave(heard) };
  }

  async #connect(): Promise<void> {
    const next = new DatabaseClient(this.#config);
    const lost = (): void => {
      if (this.#client !== next) return;
      this.#client = null;
      this.#retry(FIRST_RETRY_MS);
    };
    next.on('error', lost);
    next.on('end', lost);
    next.on('notification', (message) => {
      for (const { channel, onMessage } of this.#heard)
        if (channel === message.channel) onMessage(message.payload ?? '');
    });
    await next.connect();
    try {
      await checkServing(next, 'direct');
      for (const { channel } of this.#heard) await next.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      next.cut();
      throw error;
    }
    if (this.#heard.size === 0) return next.end();
    this.#client = next;
  }

  #retry(delayMs: number): void {
    if (this.#heard.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#connect().then(
        () => this.#heard.forEach(({ onReconnect }) => onReconnect()),
        () => this.#retry(Math.min(delayMs * 2, LAST_RETRY_MS)),
      );
    }, delayMs);
  }

  async #leave(heard: Heard): Promise<void> {
    this.#heard.delete(heard);
    if (this.#heard.size > 0) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#connecting = null;
    const last = this.#client;
    this.#client = null;
    await last?.end();
  }
}
