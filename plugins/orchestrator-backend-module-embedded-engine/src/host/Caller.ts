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

import type { JsonValue } from '@backstage/types';
import {
  type EmbeddedEngineConfig,
  mayReadSecret,
} from '../config/EngineConfig';
import { programFailure, workflowVariable } from '../interpreter/Run';
import type { Effect, Failure, Outcome } from '../interpreter/RunState';
import type { Evaluator, ProgramStep } from '../jq/Evaluator';
import {
  type Action,
  actionAt,
  type EngineVariable,
  type FunctionCall,
  type Template,
  type WorkflowDefinition,
} from '../language/Definition';
import { redact } from '../rest/redact';
import type { RestClient } from '../rest/RestClient';

/** A call that a run waits for. */
export interface PendingCall {
  readonly runId: string;
  readonly definition: WorkflowDefinition;
  readonly input: JsonValue;
  readonly effect: Effect;
  readonly signal: AbortSignal;
}

interface Prepared {
  readonly arguments?: JsonValue;
  /** What must not come back. */
  readonly hidden: readonly string[];
}

type RestFunction = Extract<FunctionCall, { kind: 'rest' }>;

/** The names of arguments that stand in the definition. */
function namesOf(template: Template | undefined): ReadonlySet<string> {
  return new Set(
    template?.kind === 'object' ? template.entries.map(([name]) => name) : [],
  );
}

/** What a call came to, as a run may know it: the texts of a failure are looked at like those of an answer. */
function withoutSecrets(
  outcome: { readonly failure: Failure },
  hidden: readonly string[],
): { readonly failure: Failure };
function withoutSecrets(outcome: Outcome, hidden: readonly string[]): Outcome;
function withoutSecrets(outcome: Outcome, hidden: readonly string[]): Outcome {
  if ('value' in outcome) {
    return { value: redact(outcome.value, hidden) };
  }
  const { matched, message, ...cause } = outcome.failure;
  return {
    failure: {
      ...cause,
      message: String(redact(message, hidden)),
      ...(matched === undefined
        ? {}
        : { matched: String(redact(matched, hidden)) }),
    },
  };
}

/** Makes the calls of runs. Secrets are read here, when a call is sent, and nowhere else. */
export class Caller {
  readonly #evaluator: Evaluator;
  readonly #client: RestClient;
  readonly #secrets: EmbeddedEngineConfig['secrets'];

  constructor(
    evaluator: Evaluator,
    client: RestClient,
    secrets: EmbeddedEngineConfig['secrets'],
  ) {
    this.#evaluator = evaluator;
    this.#client = client;
    this.#secrets = secrets;
  }

  /**
   * Makes a call.
   *
   * @returns what it came to, without secrets in it; undefined where its signal ended it
   */
  async call(pending: PendingCall): Promise<Outcome | undefined> {
    const { definition, effect, runId, signal } = pending;
    const state = definition.states.get(effect.state);
    const action = actionAt(state, effect.place);
    if (action === undefined || action.call.kind !== 'rest') {
      return {
        failure: {
          kind: 'definition',
          message: 'The definition has no such call',
        },
      };
    }
    const prepared = await this.#prepare(pending, action, action.call);
    if ('failure' in prepared) {
      return prepared;
    }
    const outcome = await this.#client.call({
      workflowId: definition.id,
      functionName: action.call.name,
      method: action.call.method,
      url: action.call.url,
      arguments: prepared.arguments,
      argumentNames: namesOf(action.call.arguments?.template),
      idempotencyKey: `${runId}.${effect.key}`,
      signal,
    });
    return outcome && withoutSecrets(outcome, prepared.hidden);
  }

  #secretsOf(definition: WorkflowDefinition): { [name: string]: string } {
    const secrets: { [name: string]: string } = {};
    for (const [name, secret] of this.#secrets) {
      if (mayReadSecret(secret, definition)) {
        secrets[name] = secret.value;
      }
    }
    return secrets;
  }

  async #prepare(
    { definition, effect, input, runId }: PendingCall,
    action: Action,
    call: RestFunction,
  ): Promise<Prepared | { readonly failure: Failure }> {
    const secrets = this.#secretsOf(definition);
    const hidden = Object.values(secrets);
    if (call.arguments === undefined && action.from === undefined) {
      return { hidden };
    }
    const uses = new Set<EngineVariable>([
      ...(action.from?.uses ?? []),
      ...(call.arguments?.uses ?? []),
    ]);
    const steps: ProgramStep[] = [];
    if (action.from !== undefined) {
      steps.push({
        operation: 'evaluate',
        expression: action.from.text,
        from: 'data',
        to: 'scope',
      });
    }
    if (call.arguments !== undefined) {
      steps.push({
        operation: 'fill',
        template: call.arguments.template,
        from: action.from === undefined ? 'data' : 'scope',
        to: 'arguments',
      });
    }
    const { registers, failure } = await this.#evaluator.of(definition.id).run({
      data: effect.data,
      variables: {
        ...(uses.has('CONST') ? { CONST: definition.constants } : {}),
        ...(uses.has('WORKFLOW')
          ? { WORKFLOW: workflowVariable(definition, runId, input) }
          : {}),
        ...(uses.has('SECRET') ? { SECRET: secrets } : {}),
      },
      steps,
      give: ['arguments', 'derived'],
    });
    if (failure !== undefined) {
      return withoutSecrets({ failure: programFailure(failure) }, hidden);
    }
    return {
      arguments: registers.arguments,
      hidden: [
        ...hidden,
        ...((registers.derived as string[] | undefined) ?? []),
      ],
    };
  }
}
