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

import type { JsonObject } from '@backstage/types';
import type {
  EngineEvent,
  WorkflowEngine,
} from '@flowgate/backstage-plugin-orchestrator-node';
import { call } from './engines';

/** What became of an event. */
export interface Raised {
  /** The runs that have it. */
  readonly delivered: readonly string[];
  /** The runs that it started. */
  readonly started: readonly {
    readonly definitionId: string;
    readonly id: string;
  }[];
}

/** Gives an engine an event that comes from outside, as the plugin does for a caller who may do everything. */
export async function raise(
  engine: WorkflowEngine,
  event: EngineEvent,
): Promise<Raised> {
  const events = engine.events!;
  const { definitions, runs } = await events.match(event, call);
  const delivered = await events.deliver(
    event,
    runs.map(({ id }) => id),
    call,
  );
  const started = [];
  for (const { id: definitionId, workspace } of definitions) {
    const { id } = await engine.start(
      {
        definitionId,
        runId: events.runIdFor(event, definitionId),
        input: {} as JsonObject,
        event,
        provenance: { initiator: 'user:default/test', workspace },
      },
      call,
    );
    started.push({ definitionId, id });
  }
  return { delivered, started };
}
