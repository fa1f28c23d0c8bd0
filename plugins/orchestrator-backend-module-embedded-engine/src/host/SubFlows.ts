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
import { ConflictError } from '@backstage/errors';
import type { JsonValue } from '@backstage/types';
import { createHash } from 'node:crypto';
import {
  type EmbeddedEventsConfig,
  mayReachWorkspace,
} from '../config/EngineConfig';
import type { DefinitionRegistry } from '../engine/DefinitionRegistry';
import type { RegistryEntry } from '../engine/RegistryEntry';
import type { RunStarts } from '../engine/RunStarts';
import { programFailure, workflowVariable } from '../interpreter/Run';
import type { Failure } from '../interpreter/RunState';
import type { Evaluator } from '../jq/Evaluator';
import { EvaluatorStoppedError } from '../jq/JqWorker';
import {
  type Action,
  actionAt,
  type FunctionCall,
  type WorkflowDefinition,
} from '../language/Definition';
import type { Clock } from './clock';
import { describeError } from './describeError';
import { Patience } from './Patience';
import type { CallEnd, RunCall } from './RunHost';

type SubFlowCall = Extract<FunctionCall, { kind: 'subFlow' }>;

/** What sub-flows need. */
export interface SubFlowParts {
  readonly starts: RunStarts;
  readonly registry: Pick<DefinitionRegistry, 'find'>;
  readonly evaluator: Evaluator;
  readonly events: EmbeddedEventsConfig;
  readonly limits: {
    readonly depth: number;
    readonly childrenPerRun: number;
    readonly runsPerStart: number;
  };
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** The id of the run that a call starts: the same each time. */
export function childIdOf(parentId: string, key: string): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify(['child', parentId, key]))
    .digest();
  // Version 8 of RFC 9562: a UUID of the maker's own making.
  bytes[6] = (bytes[6] % 16) + 0x80;
  bytes[8] = (bytes[8] % 64) + 0x80;
  const hex = bytes.subarray(0, 16).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const failed = (kind: Failure['kind'], message: string) => ({
  failure: { kind, message },
});

/** Whether a failure of a start is the database's, and will pass. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof ConflictError || error instanceof EvaluatorStoppedError
  );
}

/** Starts the runs that runs ask for as sub-flows. What becomes of one is told to its parent by its inbox. */
export class SubFlows {
  readonly #parts: SubFlowParts;

  constructor(parts: SubFlowParts) {
    this.#parts = parts;
  }

  /** The sub-flow that an action of a run asks for, or undefined where it asks for something else. */
  static callOf({ definition, effect }: RunCall): Action | undefined {
    const action = actionAt(definition.states.get(effect.state), effect.place);
    return action?.call.kind === 'subFlow' ? action : undefined;
  }

  /** Starts the sub-flow of a call, once. */
  async start(call: RunCall, action: Action): Promise<CallEnd> {
    const { clock, limits, logger } = this.#parts;
    const subFlow = action.call as SubFlowCall;
    if (call.depth >= limits.depth) {
      return failed(
        'limit',
        `More than ${limits.depth} runs would stand above a sub-flow`,
      );
    }
    const patience = new Patience(clock);
    const end = () => patience.end();
    call.signal.addEventListener('abort', end, { once: true });
    try {
      if (call.signal.aborted) {
        return undefined;
      }
      return await patience.persist(
        () => this.#start(call, action, subFlow),
        isFinal,
        error =>
          logger.warn(
            `A sub-flow of run ${
              call.runId
            } cannot be started yet: ${describeError(error)}`,
          ),
      );
    } catch (error) {
      if (!(error instanceof ConflictError)) {
        throw error;
      }
      return failed('child', error.message);
    } finally {
      call.signal.removeEventListener('abort', end);
    }
  }

  async #start(
    call: RunCall,
    action: Action,
    subFlow: SubFlowCall,
  ): Promise<CallEnd> {
    const { limits, starts } = this.#parts;
    const { definition, depth, effect, provenance, rootId, runId } = call;
    if (provenance === undefined) {
      // Nobody is made up in the place of whoever started the parent.
      return failed('child', 'It is not known whose run this is');
    }
    const found = await this.#find(definition, subFlow);
    if ('failure' in found) {
      return found;
    }
    const { entry } = found;
    const input = await this.#input(call, action);
    if (typeof input === 'object' && 'failure' in input) {
      return input;
    }
    const insertion = await starts.start({
      entry,
      runId: childIdOf(runId, effect.key),
      input: input.value,
      provenance: { ...provenance, workspace: entry.workspace },
      parent: {
        id: runId,
        key: effect.key,
        waits: subFlow.waits,
        onParentEnd: subFlow.onParentEnd,
        rootId,
      },
      depth: depth + 1,
    });
    switch (insertion) {
      case 'unwanted':
        return undefined;
      case 'tooMany':
        return failed(
          'limit',
          `The run has started more than ${limits.childrenPerRun} sub-flows`,
        );
      case 'tooManyInAll':
        return failed(
          'limit',
          `The start of the run has led to more than ${limits.runsPerStart} runs`,
        );
      default:
        return subFlow.waits ? 'parked' : { value: null };
    }
  }

  /** The definition of a sub-flow. One that the run may not reach is not told from one that is not there. */
  async #find(
    definition: WorkflowDefinition,
    { version, workflowId }: SubFlowCall,
  ): Promise<{ entry: RegistryEntry } | { failure: Failure }> {
    const { events, registry } = this.#parts;
    const entry = await registry.find(workflowId);
    if (
      entry === undefined ||
      !mayReachWorkspace(events, definition.workspace, entry.workspace)
    ) {
      return failed('child', `There is no workflow ${workflowId}`);
    }
    const child = entry.compiled?.definition;
    if (child === undefined) {
      return failed('child', `The workflow ${workflowId} cannot run`);
    }
    if (version !== undefined && version !== child.version) {
      return failed(
        'child',
        `The workflow ${workflowId} has version ${child.version}, not ${version}`,
      );
    }
    return child.startsByEvent
      ? failed(
          'child',
          `The workflow ${workflowId} is started by an event, and by nothing else`,
        )
      : { entry };
  }

  async #input(
    { definition, effect, input, runId }: RunCall,
    { from }: Action,
  ): Promise<{ value: JsonValue } | { failure: Failure }> {
    if (from === undefined) {
      return { value: effect.data };
    }
    const { evaluator } = this.#parts;
    const { failure, registers } = await evaluator.of(definition.id).run({
      data: effect.data,
      variables: {
        ...effect.variables,
        ...(from.uses.includes('CONST') ? { CONST: definition.constants } : {}),
        ...(from.uses.includes('WORKFLOW')
          ? {
              WORKFLOW: workflowVariable(
                definition,
                runId,
                input,
                effect.previous,
              ),
            }
          : {}),
      },
      steps: [
        {
          operation: 'evaluate',
          expression: from.text,
          from: 'data',
          to: 'input',
        },
      ],
      give: ['input'],
    });
    return failure === undefined
      ? { value: registers.input ?? null }
      : { failure: programFailure(failure) };
  }
}
