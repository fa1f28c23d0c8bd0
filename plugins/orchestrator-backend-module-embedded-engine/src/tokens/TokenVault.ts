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
import type { ProviderToken } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Knex } from 'knex';
import type { Clock } from '../host/clock';
import { describeError } from '../host/describeError';
import { isKeepable } from '../language/definitionHead';
import { chunks } from '../store/chunks';
import { MemoryTokens } from './MemoryTokens';
import { TokenCipher } from './TokenCipher';

/** What a row says of a token that only the process knows to which it was given. */
const IN_MEMORY = 'memory';

const SWEEP_MS = 60 * 60 * 1_000;
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;

/**
 * A token that was given along with a run, or what became of it.
 *
 * `memory`: it was in the memory of a process, and is lost with that · `key`: it was encrypted, and not with the key of now
 */
export type GivenToken =
  | { readonly token: string }
  | { readonly lost: 'memory' | 'key' };

interface TokenRow {
  readonly run_id: string;
  readonly provider: string;
  readonly token: string;
}

/** What a vault needs. */
export interface TokenVaultOptions {
  /** Encrypts what is stored; without it nothing is stored but that there was a token. */
  readonly secretKey?: string;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/**
 * The tokens that those who start or retrigger runs give along for the services behind them. They are kept apart from the runs, for
 * as long as the run is active that they were given with. A run uses its own, and those of the first of its ancestors: a token that
 * comes with the retrigger of a sub-flow is for that alone, and not for the runs above it, which are somebody else's.
 */
export class TokenVault {
  readonly #knex: Knex;
  readonly #cipher?: TokenCipher;
  readonly #memory = new MemoryTokens();
  readonly #clock: Clock;
  readonly #logger: LoggerService;
  #cancelSweep?: () => void;
  #sweeping?: Promise<void>;
  #stopped = false;

  constructor(knex: Knex, { clock, logger, secretKey }: TokenVaultOptions) {
    this.#knex = knex;
    this.#cipher =
      secretKey === undefined ? undefined : new TokenCipher(secretKey);
    this.#clock = clock;
    this.#logger = logger;
  }

  /**
   * Keeps tokens, in place of those that the run has had for the same providers.
   *
   * @param db - the transaction in which the run is stored
   * @param runId - the run that they are given with
   * @param authTokens - as given; of two for one provider the last counts
   * @param providers - whose tokens the workflow can use; those for others are not kept
   */
  async put(
    db: Knex,
    runId: string,
    authTokens: readonly ProviderToken[],
    providers: readonly string[],
  ): Promise<void> {
    const tokens = new Map(
      authTokens
        .filter(
          ({ provider }) =>
            providers.includes(provider) && isKeepable(provider),
        )
        .map(({ provider, token }) => [provider, token]),
    );
    if (tokens.size === 0) {
      return;
    }
    const rows = [...tokens].map(([provider, token]): TokenRow => {
      if (this.#cipher === undefined) {
        this.#memory.set(runId, provider, token);
      }
      return {
        run_id: runId,
        provider,
        token: this.#cipher?.encrypt(token, { runId, provider }) ?? IN_MEMORY,
      };
    });
    await db('embedded_tokens')
      .insert(rows)
      .onConflict(['run_id', 'provider'])
      .merge(['token']);
  }

  /**
   * The tokens that a run may use, by their providers. While the database does not answer it asks again, since that is no fault of
   * the run.
   *
   * @param rootId - the first ancestor of the run, or the run itself: its tokens serve where the run has none of its own
   * @returns undefined where the signal ended it
   */
  async read(
    runId: string,
    rootId: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, GivenToken> | undefined> {
    for (
      let delay = FIRST_DELAY_MS;
      !signal.aborted;
      delay = Math.min(delay * 2, MAX_DELAY_MS)
    ) {
      try {
        const rows = await this.#knex<TokenRow>('embedded_tokens')
          .whereIn('run_id', [runId, rootId])
          .select('run_id', 'provider', 'token');
        const isOwn = (row: TokenRow) => row.run_id === runId;
        return new Map(
          [...rows.filter(row => !isOwn(row)), ...rows.filter(isOwn)].map(
            row => [row.provider, this.#open(row)] as const,
          ),
        );
      } catch (error) {
        this.#logger.warn(
          `The tokens of run ${runId} cannot be read yet: ${describeError(
            error,
          )}`,
        );
        await this.#pause(delay, signal);
      }
    }
    return undefined;
  }

  /**
   * Forgets the tokens of runs.
   *
   * @param db - the transaction in which the runs end
   */
  async erase(db: Knex, runIds: readonly string[]): Promise<void> {
    for (const ids of chunks(runIds)) {
      this.#memory.delete(ids);
      await db('embedded_tokens').whereIn('run_id', ids).delete();
    }
  }

  /** Begins to look for tokens that nobody needs any more: now, and once in an hour. */
  begin(): void {
    this.#sweeping = this.#sweep().finally(() => {
      if (!this.#stopped) {
        this.#cancelSweep = this.#clock.after(SWEEP_MS, () => this.begin());
      }
    });
  }

  /** Ends that, and resolves once nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSweep?.();
    await this.#sweeping;
  }

  #open({ provider, run_id: runId, token }: TokenRow): GivenToken {
    if (token === IN_MEMORY) {
      const known = this.#memory.get(runId, provider);
      return known === undefined ? { lost: 'memory' } : { token: known };
    }
    const opened = this.#cipher?.decrypt(token, { runId, provider });
    return opened === undefined ? { lost: 'key' } : { token: opened };
  }

  /** Deletes what is left of runs of which neither they nor what they began are active. */
  async #sweep(): Promise<void> {
    try {
      const active = () =>
        this.#knex('embedded_runs').where({ status: 'ACTIVE' });
      await this.#knex('embedded_tokens')
        .whereNotIn('run_id', active().select('id'))
        .whereNotIn(
          'run_id',
          active().whereNotNull('root_id').select('root_id'),
        )
        .delete();
    } catch (error) {
      this.#logger.warn(
        `Tokens of ended runs cannot be deleted yet: ${describeError(error)}`,
      );
    }
  }

  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      return;
    }
    await new Promise<void>(resolve => {
      const cancel = this.#clock.after(milliseconds, () => {
        signal.removeEventListener('abort', end);
        resolve();
      });
      function end() {
        cancel();
        resolve();
      }
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
