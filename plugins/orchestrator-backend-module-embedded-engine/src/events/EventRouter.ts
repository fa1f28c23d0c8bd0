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
import type {
  EngineCall,
  EngineEvent,
  EngineEvents,
  EventTargets,
} from '@flowgate/backstage-plugin-orchestrator-node';
import type { Clock } from '../host/clock';
import type { CorrelationStore } from '../store/CorrelationStore';
import { guarded } from '../store/database';
import type { InboxStore } from '../store/InboxStore';
import { checkEvent } from './checkEvent';
import type { EventMatcher } from './EventMatcher';
import { messageKey, startedRunId } from './identity';

/** What a router is made of. */
export interface EventRouterParts {
  readonly matcher: EventMatcher;
  readonly correlations: CorrelationStore;
  readonly inbox: Pick<InboxStore, 'put'>;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly limits: {
    readonly eventBytes: number;
    readonly eventTargets: number;
  };
}

/** The id of an event that a run has produced: that of the run, and which of its events it is. */
const PRODUCED_ID = /^(.{1,255})\.\d{1,16}$/;
const PRODUCED_SOURCE = '/process/';

/** Takes events from outside. */
export class EventRouter implements EngineEvents {
  readonly #parts: EventRouterParts;

  constructor(parts: EventRouterParts) {
    this.#parts = parts;
  }

  async match(event: EngineEvent, call: EngineCall): Promise<EventTargets> {
    call.abortSignal?.throwIfAborted();
    const { limits, logger, matcher } = this.#parts;
    const checked = checkEvent(event, limits.eventBytes);
    return guarded(logger, async () => {
      if (await this.#isOurs(checked)) {
        return { definitions: [], runs: [] };
      }
      const matches = await matcher.match(checked, {
        origin: 'outside',
        maxRuns: limits.eventTargets,
      });
      return {
        definitions: matches.entries.map(({ id, workspace }) => ({
          id,
          workspace,
        })),
        runs: matches.runs.map(({ definitionId, id }) => ({
          id,
          definitionId,
        })),
        crowded: [...matches.crowded],
      };
    });
  }

  async deliver(
    event: EngineEvent,
    runIds: readonly string[],
    call: EngineCall,
  ): Promise<readonly string[]> {
    call.abortSignal?.throwIfAborted();
    const { clock, inbox, limits, logger } = this.#parts;
    const body = checkEvent(event, limits.eventBytes);
    const ids = [...new Set(runIds)];
    const key = messageKey(body, 'outside');
    return guarded(logger, async () => {
      const receptions = await inbox.put(
        ids.map(runId => ({ runId, key, kind: 'event', body })),
        clock.now(),
      );
      return ids.filter(
        (_id, i) => receptions[i] === 'stored' || receptions[i] === 'known',
      );
    });
  }

  runIdFor(event: EngineEvent, definitionId: string): string {
    return startedRunId(event, definitionId, 'outside');
  }

  /**
   * Whether an event is one that a run of this engine has produced, and comes back by way of a broker: workflows of the engine have
   * had it. What only says so, to be taken for one, reaches nothing either.
   */
  async #isOurs({ id, source }: EngineEvent): Promise<boolean> {
    const runId = PRODUCED_ID.exec(id)?.[1];
    return (
      runId !== undefined &&
      source.startsWith(PRODUCED_SOURCE) &&
      this.#parts.correlations.exists(
        runId,
        source.slice(PRODUCED_SOURCE.length),
      )
    );
  }
}
