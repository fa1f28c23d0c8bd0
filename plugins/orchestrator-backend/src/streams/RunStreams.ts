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
import type { RunStore } from '../database/RunStore';
import type { TokenSubject } from '../database/TokenChangeStore';
import { withinTime } from '../database/withinTime';
import {
  instanceNotFound,
  OrchestratorError,
} from '../errors/OrchestratorError';
import type { Access } from '../gate/Access';
import type { Engines } from '../workflows/EngineCalls';
import { HistoryNews } from './HistoryNews';
import { IndexNews } from './IndexNews';
import { RunFollower } from './RunFollower';
import { RunStream } from './RunStream';
import { StreamGuard } from './StreamGuard';
import { StreamSlots } from './StreamSlots';
import type { StreamSink } from './StreamSink';

/** Between two looks; milliseconds. */
const INTERVAL_MS = 1_000;

/** Hints that come within this time are one; milliseconds. */
const HINT_DELAY_MS = 50;

/** The longest that a stream is open, that it is silent, and that its reader may take nothing; milliseconds. */
const MAX_AGE_MS = 3_600_000;
const HEARTBEAT_MS = 15_000;
const SLOW_MS = 30_000;

/** How long the end of all streams may take; milliseconds. */
const STOP_MS = 2_000;

/** A reader that wants to follow a run. */
export interface StreamRequest {
  readonly access: Access;
  readonly instanceId: string;
  /** The id of the last event that the reader has seen. */
  readonly after?: string;
  /** Decides once more whether the request may pass. */
  readonly renew: () => Promise<Access>;
  /** Begins the response; called once it is certain that there will be one. */
  readonly connect: () => StreamSink;
}

/** The streams that are open in this process. */
export class RunStreams {
  readonly #engines: Engines;
  readonly #runs: RunStore;
  readonly #logger: LoggerService;
  readonly #now: () => number;
  readonly #guard: StreamGuard;
  readonly #slots = new StreamSlots();
  readonly #followers = new Map<string, RunFollower>();
  readonly #open = new Set<RunStream>();
  readonly #unsubscribe: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #hint: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param options - `now`: milliseconds since the epoch */
  constructor(options: {
    engines: Engines;
    runs: RunStore;
    logger: LoggerService;
    now: () => number;
  }) {
    this.#engines = options.engines;
    this.#runs = options.runs;
    this.#logger = options.logger;
    this.#now = options.now;
    this.#guard = new StreamGuard(options.runs, options.now);
  }

  /** How many streams are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Begins to look for news. */
  begin(): void {
    this.#timer = setInterval(() => void this.look(), INTERVAL_MS);
    this.#timer.unref();
    for (const { engine } of this.#engines.all()) {
      const end = engine.onChanges?.(() => this.#soon());
      if (end) this.#unsubscribe.push(end);
    }
  }

  /** Ends all streams, and opens no more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#hint);
    this.#unsubscribe.forEach(end => end());
    const open = [...this.#open];
    open.forEach(stream => stream.end());
    const closed = Promise.all(open.map(stream => stream.closed));
    await withinTime(closed, STOP_MS, () => new Error('timed out')).catch(() =>
      open.forEach(stream => stream.destroy()),
    );
  }

  /** Is told what has changed of tokens. */
  tokensChanged(subjects: readonly TokenSubject[]): void {
    this.#guard.tokensChanged(subjects);
    this.#soon();
  }

  /**
   * Opens a stream of what happens in a run.
   *
   * @throws OrchestratorError where there is none for the caller: nothing was sent then
   */
  async open(request: StreamRequest): Promise<void> {
    const { access, instanceId, after, renew, connect } = request;
    const { principal } = access;
    const run = await this.#runs.find(instanceId);
    await access.decideRun('instances:read', run);
    if (this.#isStopped) throw stopping();
    const release = this.#slots.take(principal.ref);
    try {
      const follower = this.#followerOf(run!.engineId);
      const place = { runId: instanceId, cursor: after };
      const news = await follower.source.read(place, principal.ref);
      if (!news) throw instanceNotFound();
      if (this.#isStopped) throw stopping();
      const stream = new RunStream({
        ...place,
        principal,
        sink: connect(),
        now: this.#now,
        drained: () => this.#soon(),
      });
      this.#open.add(stream);
      void stream.closed.then(() => {
        this.#open.delete(stream);
        release();
      });
      this.#guard.add(stream, renew);
      follower.add(stream);
      stream.tell(news);
      if (news.hasMore) this.#soon();
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Looks after all streams: ends those whose time is over, and tells what is new. Never throws. */
  async look(): Promise<void> {
    if (this.#open.size === 0) return;
    for (const stream of this.#open) {
      if (stream.blockedFor >= SLOW_MS) stream.destroy();
      else if (this.#now() - stream.openedAt >= MAX_AGE_MS) stream.end();
      else if (stream.silentFor >= HEARTBEAT_MS) stream.beat();
    }
    // Apart from each other: an engine that does not answer keeps nobody from being refused, nor the readers of another one waiting.
    await Promise.all([
      this.#guard.check(),
      ...[...this.#followers.values()].map(follower => follower.poll()),
    ]);
  }

  #followerOf(engineId: string): RunFollower {
    let follower = this.#followers.get(engineId);
    if (!follower) {
      const calls = this.#engines.get(engineId);
      const { history } = calls.engine;
      follower = new RunFollower({
        engineId,
        source: history
          ? new HistoryNews(calls, history)
          : new IndexNews(this.#runs),
        logger: this.#logger,
        now: this.#now,
      });
      this.#followers.set(engineId, follower);
    }
    return follower;
  }

  #soon(): void {
    if (this.#isStopped || this.#open.size === 0) return;
    this.#hint ??= setTimeout(() => {
      this.#hint = undefined;
      void this.look();
    }, HINT_DELAY_MS);
    this.#hint.unref();
  }
}

function stopping(): OrchestratorError {
  return new OrchestratorError('service.unavailable', 'The plugin is ending', {
    retryAfter: 5,
  });
}
