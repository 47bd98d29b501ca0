import type { Server as HttpServer } from 'node:http';

/** Sends the tick with this version to every subscriber. */
export type Publish = (version: number) => void;

/** Starts a server that is compared, on an HTTP server of its own. */
export type StartServer = (http: HttpServer, eventsPerFrame: number) => Publish | Promise<Publish>;
