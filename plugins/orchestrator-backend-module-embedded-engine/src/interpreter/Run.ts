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

import type { JsonObject, JsonValue } from '@backstage/types';
import type { EngineEvent } from '@flowgate/backstage-plugin-orchestrator-node';
import type { Evaluator, Program, ProgramResult } from '../jq/Evaluator';
import type {
  EngineVariable,
  WorkflowDefinition,
} from '../language/Definition';
import { isNestedTooDeeply, MAX_DEPTH } from './nesting';
import type { Failure, RunState } from './RunState';

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
    /** States and actions that a run may begin. */
    readonly maxSteps: number;
    /** Characters of JSON that the data of a run may have. */
    readonly maxStateLength: number;
    /** Characters of a log line; longer ones are cut. */
    readonly maxLineLength: number;
  };
}

/** A run cannot go on; what its state stands at is kept. */
export class RunFailure extends Error {
  readonly failure: Failure;
  /** The definition's name for where it happened. */
  readonly node?: string;
  readonly instance?: number;

  constructor(failure: Failure, node?: string, instance?: number) {
    super(failure.message);
    this.failure = failure;
    this.node = node;
    this.instance = instance;
  }
}

const NANOSECONDS = 1_000_000n;

/** One run while it takes steps: its state, what the steps record, and the expressions of its definition. */
export class Run {
  readonly definition: WorkflowDefinition;
  readonly state: RunState;
  readonly context: StepContext;
  readonly records: Records = {
    entered: [],
    ended: new Map(),
    lines: [],
    produced: [],
    history: [],
  };

  constructor(
    definition: WorkflowDefinition,
    state: RunState,
    context: StepContext,
  ) {
    this.definition = definition;
    this.state = state;
    this.context = {
      ...context,
      evaluator: context.evaluator.of(definition.id),
    };
  }

  /** Counts a step. @throws RunFailure where the run has taken all that it may */
  spend(): void {
    const { maxSteps } = this.context.limits;
    if (this.state.steps >= maxSteps) {
      throw new RunFailure({
        kind: 'limit',
        message: `The run took more than ${maxSteps} steps`,
      });
    }
    this.state.steps += 1;
  }

  enter(name: string, type: string, definitionId: string): number {
    this.state.nodes += 1;
    this.records.entered.push({
      seq: this.state.nodes,
      name,
      type,
      definitionId,
      enter: this.context.now(),
    });
    return this.state.nodes;
  }

  leave(seq: number | undefined, error?: string): void {
    if (seq !== undefined) {
      this.records.ended.set(seq, { seq, exit: this.context.now(), error });
    }
  }

  log(text: string): void {
    const { state, context } = this;
    const now = BigInt(context.now()) * NANOSECONDS;
    const last = BigInt(state.lastLine);
    state.lastLine = String(now > last ? now : last + 1n);
    state.lines += 1;
    const { maxLineLength } = context.limits;
    this.records.lines.push({
      seq: state.lines,
      id: state.lastLine,
      text:
        text.length > maxLineLength ? `${text.slice(0, maxLineLength)}…` : text,
    });
  }

  /** Replaces the data. @throws RunFailure where they are larger or deeper than a run's may be */
  setData(data: JsonValue): void {
    const { maxStateLength } = this.context.limits;
    if (isNestedTooDeeply(data)) {
      throw new RunFailure({
        kind: 'limit',
        message: `The data of the run are nested deeper than ${MAX_DEPTH} levels`,
      });
    }
    if (JSON.stringify(data).length > maxStateLength) {
      throw new RunFailure({
        kind: 'limit',
        message: `The data of the run are larger than ${maxStateLength} characters`,
      });
    }
    this.state.data = data;
  }

  /** The values of the variables that an expression reads; secrets are none of them. */
  variables(uses: Iterable<EngineVariable>): { [name: string]: JsonValue } {
    const names = new Set(uses);
    const variables: { [name: string]: JsonValue } = {};
    if (names.has('CONST')) {
      variables.CONST = this.definition.constants;
    }
    if (names.has('WORKFLOW')) {
      variables.WORKFLOW = workflowVariable(
        this.definition,
        this.context.runId,
        this.state.input,
      );
    }
    return variables;
  }

  evaluate(program: Program): Promise<ProgramResult> {
    return this.context.evaluator.run(program);
  }
}

/** `$WORKFLOW`. The headers of the start request go nowhere, so there are none. */
export function workflowVariable(
  definition: WorkflowDefinition,
  runId: string,
  input: JsonValue,
): JsonObject {
  return {
    id: definition.id,
    name: definition.name,
    version: definition.version,
    instanceId: runId,
    input,
    headers: {},
    prevActionResult: null,
  };
}

/** The failure of a program as the run's. */
export function programFailure(
  failure: NonNullable<ProgramResult['failure']>,
): Failure {
  switch (failure.kind) {
    case 'jq':
      return { kind: 'expression', message: failure.message };
    case 'secret':
      return { kind: 'secret', message: failure.message };
    default:
      return { kind: 'limit', message: failure.message };
  }
}
