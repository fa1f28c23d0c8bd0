/*
 * Copyright 2026 The Flowgate Authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

import type { LoggerService } from '@backstage/backend-plugin-api';
import type { IndexDatabase } from './IndexDatabase';
import {
  CHANNEL_SQL,
  fromPayload,
  type TokenSubject,
} from './TokenChangeStore';
import { withinTime } from './withinTime';

/** The wait before a connection is made anew, doubled up to the second number each time that fails; milliseconds. */
const BACK_OFF_MS = [250, 30_000] as const;

/** How often the connection is tried: one whose other end has gone without a word would be silent for ever; milliseconds. */
const PROBE_MS = 20_000;

/** How long the connection may take to answer; milliseconds. */
const ANSWER_MS = 5_000;

async function inTime<T>(answer: Promise<T>): Promise<T> {
  return withinTime(answer, ANSWER_MS, () => new Error('No answer in time'));
}

/** What is used of a connection of PostgreSQL's driver. */
interface Connection {
  query(text: string): Promise<{ rows: { channel: string }[] }>;
  on(event: 'error' | 'end', listener: () => void): void;
  on(
    event: 'notification',
    listener: (notification: { payload?: string }) => void,
  ): void;
  end(): Promise<void>;
  unref?(): void;
}

/**
 * Hears at once, on PostgreSQL, that some replica has recorded changes of tokens. It listens on a connection of its own, outside
 * the pool. Nothing depends on it but how soon changes are asked for: where connections are refused, or a pooler in between
 * swallows notifications, changes come with the next poll.
 */
export class TokenNotifications {
  readonly #database: IndexDatabase;
  readonly #logger: LoggerService;
  readonly #onNotified: (subjects: readonly TokenSubject[]) => void;
  readonly #backOffMs: readonly [first: number, last: number];
  readonly #probeMs: number;
  #connection: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #probe: NodeJS.Timeout | undefined;
  #waitMs: number;
  #hasWarned = false;
  #isStopped = false;

  /** @param options - `onNotified`: called with what each notification names, which may be nothing, and whenever some may have been
   * missed */
  constructor(options: {
    database: IndexDatabase;
    logger: LoggerService;
    onNotified: (subjects: readonly TokenSubject[]) => void;
    backOffMs?: readonly [first: number, last: number];
    probeMs?: number;
  }) {
    this.#database = options.database;
    this.#logger = options.logger;
    this.#onNotified = options.onNotified;
    this.#backOffMs = options.backOffMs ?? BACK_OFF_MS;
    this.#probeMs = options.probeMs ?? PROBE_MS;
    [this.#waitMs] = this.#backOffMs;
  }

  /** Begins to listen; does nothing where the database is not PostgreSQL. */
  begin(): void {
    if (!this.#database.isPostgres) return;
    this.#probe = setInterval(() => void this.#tryConnection(), this.#probeMs);
    this.#probe.unref();
    this.#connect();
  }

  /** Ends the connection. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#probe);
    clearTimeout(this.#retry);
    await this.#connecting;
    if (this.#connection) await this.#end(this.#connection);
  }

  #connect(): void {
    this.#connecting = this.#listen()
      .catch(error => this.#failed(error))
      .finally(() => {
        this.#connecting = undefined;
      });
  }

  async #listen(): Promise<void> {
    // Made as the pool makes its own: with the same settings, and in the same schema.
    const opening: Promise<Connection> =
      this.#database.knex.client.acquireRawConnection();
    let connection: Connection;
    try {
      connection = await inTime(opening);
    } catch (error) {
      // It may come up yet.
      void opening.then(late => this.#end(late)).catch(() => {});
      throw error;
    }
    connection.unref?.();
    connection.on('error', () => this.#lost(connection));
    connection.on('end', () => this.#lost(connection));
    connection.on('notification', ({ payload = '' }) =>
      this.#onNotified(fromPayload(payload)),
    );
    try {
      const { rows } = await inTime(
        connection.query(`select ${CHANNEL_SQL} as channel`),
      );
      await inTime(connection.query(`listen "${rows[0].channel}"`));
    } catch (error) {
      void this.#end(connection);
      throw error;
    }
    if (this.#isStopped) {
      await this.#end(connection);
      return;
    }
    this.#connection = connection;
    [this.#waitMs] = this.#backOffMs;
    if (this.#hasWarned) {
      this.#logger.info('Notifications of changes of tokens arrive again');
      this.#hasWarned = false;
    }
    // What came between the two connections was told to nobody.
    this.#onNotified([]);
  }

  async #tryConnection(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    try {
      await inTime(connection.query('select 1'));
    } catch {
      this.#lost(connection);
      void this.#end(connection);
    }
  }

  #lost(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#failed(new Error('The connection was lost'));
  }

  #failed(error: unknown): void {
    if (this.#isStopped) return;
    if (!this.#hasWarned) {
      // The message of a driver can hold the address of the server; its code cannot.
      const { code } = error as { code?: unknown };
      this.#logger.warn(
        `Notifications of changes of tokens do not arrive at the moment, so that they are known here half a second later${
          code === undefined ? '' : `: ${String(code)}`
        }`,
      );
      this.#hasWarned = true;
    }
    const waitMs = this.#waitMs * (0.5 + Math.random() / 2);
    this.#waitMs = Math.min(this.#waitMs * 2, this.#backOffMs[1]);
    this.#retry = setTimeout(() => this.#connect(), waitMs);
    this.#retry.unref();
  }

  /** Ends a connection, without waiting for long for the word of the other end. */
  async #end(connection: Connection): Promise<void> {
    await inTime(connection.end()).catch(() => {});
  }
}
