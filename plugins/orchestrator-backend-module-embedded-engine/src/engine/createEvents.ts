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
import type { Knex } from 'knex';
import type { EmbeddedEngineConfig } from '../config/EngineConfig';
import { EventDispatcher } from '../events/EventDispatcher';
import { EventMatcher } from '../events/EventMatcher';
import { EventRouter } from '../events/EventRouter';
import { HttpEventSink } from '../events/EventSink';
import { type EventStarter, InsideDelivery } from '../events/InsideDelivery';
import { RareWarnings } from '../events/RareWarnings';
import { StartIndex } from '../events/StartIndex';
import type { Clock } from '../host/clock';
import { CorrelationStore } from '../store/CorrelationStore';
import type { InboxStore } from '../store/InboxStore';
import { ProducedStore } from '../store/ProducedStore';
import { WorkLeases } from '../store/WorkLeases';
import type { DefinitionRegistry } from './DefinitionRegistry';

/** What the events of an engine need. */
export interface EventsOptions {
  readonly knex: Knex;
  readonly logger: LoggerService;
  readonly clock: Clock;
  readonly random: () => number;
  readonly config: Pick<EmbeddedEngineConfig, 'events' | 'limits'>;
  readonly registry: DefinitionRegistry;
  readonly inbox: InboxStore;
  readonly starter: EventStarter;
  readonly leaseMs: number;
}

/** Makes what takes events from outside, and what sends those of runs. */
export function createEvents({
  clock,
  config: { events, limits },
  inbox,
  knex,
  leaseMs,
  logger,
  random,
  registry,
  starter,
}: EventsOptions): { router: EventRouter; dispatcher: EventDispatcher } {
  const correlations = new CorrelationStore(knex);
  const matcher = new EventMatcher(
    registry,
    correlations,
    new StartIndex(registry, clock),
  );
  return {
    router: new EventRouter({
      matcher,
      correlations,
      inbox,
      clock,
      logger,
      limits,
    }),
    dispatcher: new EventDispatcher({
      store: new ProducedStore(knex),
      leases: new WorkLeases(knex),
      inside: new InsideDelivery({
        matcher,
        inbox,
        starter,
        config: events,
        clock,
        warnings: new RareWarnings(logger, clock),
        limits,
      }),
      workspaceOf: hash => matcher.workspaceOf(hash),
      sink:
        events.sink === undefined ? undefined : new HttpEventSink(events.sink),
      clock,
      logger,
      random,
      leaseMs,
    }),
  };
}
