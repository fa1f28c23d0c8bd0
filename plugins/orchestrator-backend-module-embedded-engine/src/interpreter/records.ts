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
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Evaluator } from '../jq/Evaluator';

/** One node that a run has entered. */
export interface NodeEntry {
  readonly seq: number;
  readonly name: string;
  readonly type: string;
  readonly definitionId: string;
  /** Milliseconds since the epoch. */
  readonly enter: number;
}

/** What became of a node. */
export interface NodeEnd {
  readonly seq: number;
  /** Milliseconds since the epoch; absent where the node is active still. */
  readonly exit?: number;
  readonly error?: string;
}

/** One line of a run's log. */
export interface LogLine {
  readonly seq: number;
  /** Nanoseconds since the epoch as decimal text. */
  readonly id: string;
  readonly text: string;
}

/** One thing that happened; its number in the run names it. */
export interface HistoryEntry {
  readonly kind: 'state' | 'node' | 'log';
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly detail: JsonObject;
}

/** What steps of a run give beside its next state. */
export interface Records {
  readonly entered: NodeEntry[];
  readonly ended: Map<number, NodeEnd>;
  readonly lines: LogLine[];
  /** Events that the run has produced, in the order in which they are to be sent. */
  readonly produced: EngineEvent[];
  /** What happened, in its order, for those who watch the run. */
  readonly history: HistoryEntry[];
  /** Characters of what is recorded, about. */
  size: number;
}

/** What a step needs of the world. */
export interface StepContext {
  readonly runId: string;
  readonly evaluator: Evaluator;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly limits: {
    /** States, iterations and actions that a run may begin. */
    readonly maxSteps: number;
    /** Characters of JSON that the data of a run may have. */
    readonly maxStateLength: number;
    /** Characters of a log line; longer ones are cut. */
    readonly maxLineLength: number;
    /** Items over which a state may iterate. */
    readonly maxItems: number;
    /** Bytes of an event. */
    readonly maxEventBytes: number;
    /** Events of the run that may wait to be sent. */
    readonly maxProduced: number;
    /** Lines of the log that go into the history. */
    readonly maxLines: number;
    /** Characters of records after which a step stops, to go on once they are stored. */
    readonly maxRecorded: number;
  };
  /** Events of the run that wait to be sent already. */
  readonly unsent?: number;
}

/** Nothing yet. */
export function noRecords(): Records {
  return {
    entered: [],
    ended: new Map(),
    lines: [],
    produced: [],
    history: [],
    size: 0,
  };
}
