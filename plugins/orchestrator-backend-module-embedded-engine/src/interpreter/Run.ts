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
import type { Program, ProgramResult } from '../jq/Evaluator';
import type {
  EngineVariable,
  WorkflowDefinition,
} from '../language/Definition';
import { copyFrame } from './frames';
import { isNestedTooDeeply, MAX_DEPTH } from './nesting';
import {
  type NodeEnd,
  type NodeEntry,
  noRecords,
  type Records,
  type StepContext,
} from './records';
import { recordLine, recordNode, recordState } from './recordHistory';
import type { Failure, RunState } from './RunState';
import { keepScopes } from './scopes';

export type {
  HistoryEntry,
  LogLine,
  NodeEnd,
  NodeEntry,
  Records,
  StepContext,
} from './records';

/** A run cannot go on; what its state stands at is kept. */
export class RunFailure extends Error {
  readonly failure: Failure;
  /** The definition's name for where it happened. */
  readonly node?: string;
  readonly instance?: number;
  /** The key of the sub-flow whose failure it is. */
  readonly child?: string;

  constructor(
    failure: Failure,
    at: { node?: string; instance?: number; child?: string } = {},
  ) {
    super(failure.message);
    this.failure = failure;
    this.node = at.node;
    this.instance = at.instance;
    this.child = at.child;
  }
}

/** What an expression can read beside the data. */
export interface Surroundings {
  /** Variables beside those of the engine. */
  readonly variables: JsonObject;
  /** `$WORKFLOW.prevActionResult`. */
  readonly previous?: JsonValue;
}

/** One run while it takes steps: its state, what the steps record, and the expressions of its definition. */
export class Run {
  readonly definition: WorkflowDefinition;
  /** Its own to change, but for the values in it, which are only ever replaced. */
  readonly state: RunState;
  readonly context: StepContext;
  readonly records: Records = noRecords();
  #isHeld = false;

  constructor(
    definition: WorkflowDefinition,
    state: RunState,
    context: StepContext,
  ) {
    this.definition = definition;
    this.state = {
      ...state,
      frame: state.frame && copyFrame(state.frame),
      // Runs of before there was a history do not count yet.
      events: state.events ?? 0,
      produced: state.produced ?? 0,
    };
    this.context = {
      ...context,
      evaluator: context.evaluator.of(definition.id),
    };
  }

  /** Whether something was left for the next step only because this one has recorded much. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Whether what could go on is to be left for the next step, since this one has recorded much. */
  holdBack(): boolean {
    const isFull = this.records.size >= this.context.limits.maxRecorded;
    this.#isHeld ||= isFull;
    return isFull;
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

  /** Enters a node, which gets the next number. */
  enter(node: Omit<NodeEntry, 'seq' | 'enter'>): NodeEntry {
    this.state.nodes += 1;
    const { name, type, definitionId } = node;
    const entry = {
      seq: this.state.nodes,
      name,
      type,
      definitionId,
      enter: this.context.now(),
    };
    this.records.entered.push(entry);
    recordNode(this.state, this.records, entry, this.context.now());
    return entry;
  }

  /** Leaves a node. */
  leave(node: NodeEntry | undefined, error?: string): void {
    if (node !== undefined) {
      const exit = this.context.now();
      this.#end(node, { seq: node.seq, exit, error: this.#cut(error) });
    }
  }

  /** Says of a node that it has failed, or has no error any more; it stays active. */
  mark(node: NodeEntry | undefined, error?: string): void {
    if (node !== undefined) {
      this.#end(node, { seq: node.seq, error: this.#cut(error) });
    }
  }

  log(text: string): void {
    const { context, records, state } = this;
    recordLine(state, records, text, context.now(), context.limits);
  }

  /** Sets the status, as those who watch the run see it, with the error that there is. */
  setStatus(status: RunState['status']): void {
    const { error } = this.state;
    this.state.status = status;
    if (error !== undefined) {
      this.state.error = { ...error, message: this.#cut(error.message) };
    }
    recordState(this.state, this.records, this.context.now());
  }

  /** Replaces the data. @throws RunFailure where they are larger or deeper than a run's may be */
  setData(data: JsonValue): void {
    const before = this.state.data;
    if (data === before) {
      return;
    }
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
    if (!keepScopes(this.state.frame, before, maxStateLength)) {
      throw new RunFailure({
        kind: 'limit',
        message:
          'The calls under way of the run see more data than it may hold',
      });
    }
    this.state.data = data;
  }

  /** The values of the variables that expressions read; secrets are none of them. */
  variables(
    uses: Iterable<EngineVariable>,
    surroundings: Surroundings = { variables: {} },
  ): { [name: string]: JsonValue } {
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
        surroundings.previous,
      );
    }
    return { ...variables, ...(surroundings.variables as typeof variables) };
  }

  evaluate(program: Program): Promise<ProgramResult> {
    return this.context.evaluator.run(program);
  }

  /** An error may be a text that an expression makes of all the data. */
  #cut<T extends string | undefined>(text: T): T {
    const { maxLineLength } = this.context.limits;
    return text !== undefined && text.length > maxLineLength
      ? (`${text.slice(0, maxLineLength)}…` as T)
      : text;
  }

  #end(node: NodeEntry, end: NodeEnd): void {
    this.records.ended.set(node.seq, end);
    recordNode(this.state, this.records, node, this.context.now(), end);
  }
}

/** `$WORKFLOW`. The headers of the start request go nowhere, so there are none. */
export function workflowVariable(
  definition: WorkflowDefinition,
  runId: string,
  input: JsonValue,
  previous: JsonValue = null,
): JsonObject {
  return {
    id: definition.id,
    name: definition.name,
    version: definition.version,
    instanceId: runId,
    input,
    headers: {},
    prevActionResult: previous,
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
