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
import type { Evaluator, Program, ProgramStep } from '../jq/Evaluator';
import {
  type Action,
  actionAt,
  type EngineVariable,
  type FunctionCall,
  type Template,
  type WorkflowDefinition,
} from '../language/Definition';
import { isObject } from '../language/merge';
import type { Auth } from '../rest/applyAuth';
import { type Hidden, redactOutcome } from '../rest/redact';
import { AuthError, authTemplate, resolveAuth } from '../rest/resolveAuth';
import type { RestClient, RestTarget } from '../rest/RestClient';
import type { GivenToken, TokenVault } from '../tokens/TokenVault';

/** A call that a run waits for. */
export interface PendingCall {
  readonly runId: string;
  /** The first ancestor of the run, or the run itself: with which tokens were given along. */
  readonly rootId: string;
  readonly definition: WorkflowDefinition;
  readonly input: JsonValue;
  readonly effect: Effect;
  readonly signal: AbortSignal;
  /** Asked right before each request; where it says no, nothing is sent. */
  readonly mayBeSent?: () => Promise<boolean>;
}

/** What the caller needs. */
export interface CallerOptions {
  readonly evaluator: Evaluator;
  readonly client: RestClient;
  readonly secrets: EmbeddedEngineConfig['secrets'];
  readonly tokens: Pick<TokenVault, 'read'>;
}

interface Prepared {
  readonly arguments?: JsonValue;
  readonly auth: readonly Auth[];
  readonly hidden: Hidden;
}

type WebFunction = Extract<FunctionCall, { kind: 'rest' | 'openapi' }>;

/** Each is searched for in the answer. */
const MAX_DERIVED = 50;

const NO_TOKENS: ReadonlyMap<string, GivenToken> = new Map();

/** The names of arguments that stand in the definition. */
function namesOf(template: Template | undefined): ReadonlySet<string> {
  return new Set(
    template?.kind === 'object' ? template.entries.map(([name]) => name) : [],
  );
}

function targetOf(call: WebFunction): RestTarget {
  return call.kind === 'openapi'
    ? { kind: 'openapi', operation: call.operation }
    : {
        kind: 'rest',
        method: call.method,
        url: call.url,
        argumentNames: namesOf(call.arguments?.template),
      };
}

/** Arguments and secrets are filled in one go, over what the call sees of the data. */
function stepsOf(action: Action, call: WebFunction): ProgramStep[] {
  const entries: (readonly [string, Template])[] = [];
  if (call.arguments !== undefined) {
    entries.push(['arguments', call.arguments.template]);
  }
  if (call.auth.length > 0) {
    entries.push(['auth', authTemplate(call.auth)]);
  }
  const steps: ProgramStep[] = [];
  if (action.from !== undefined) {
    steps.push({
      operation: 'evaluate',
      expression: action.from.text,
      from: 'data',
      to: 'scope',
    });
  }
  if (entries.length > 0) {
    steps.push({
      operation: 'fill',
      template: { kind: 'object', entries },
      from: action.from === undefined ? 'data' : 'scope',
      to: 'filled',
    });
  }
  return steps;
}

/** Makes the calls of runs. Secrets are read here, when a call is sent, and nowhere else. */
export class Caller {
  readonly #evaluator: Evaluator;
  readonly #client: RestClient;
  readonly #secrets: EmbeddedEngineConfig['secrets'];
  readonly #tokens: Pick<TokenVault, 'read'>;

  constructor({ client, evaluator, secrets, tokens }: CallerOptions) {
    this.#evaluator = evaluator;
    this.#client = client;
    this.#secrets = secrets;
    this.#tokens = tokens;
  }

  /**
   * Makes a call.
   *
   * @returns what it came to, without secrets in it; undefined where its signal ended it
   */
  async call(pending: PendingCall): Promise<Outcome | undefined> {
    const { definition, effect, rootId, runId, signal } = pending;
    const state = definition.states.get(effect.state);
    const action = actionAt(state, effect.place);
    const call = action?.call;
    if (
      action === undefined ||
      (call?.kind !== 'rest' && call?.kind !== 'openapi')
    ) {
      return {
        failure: {
          kind: 'definition',
          message: 'The definition has no such call',
        },
      };
    }
    // Also for a call that sends none, since a service may have kept one that it was sent before.
    const tokens =
      definition.providers.length === 0
        ? NO_TOKENS
        : await this.#tokens.read(runId, rootId, signal);
    if (tokens === undefined) {
      return undefined;
    }
    const prepared = await this.#prepare(pending, action, call, tokens);
    if ('failure' in prepared) {
      return prepared;
    }
    return this.#client.call({
      workflowId: definition.id,
      functionName: call.name,
      target: targetOf(call),
      arguments: prepared.arguments,
      auth: prepared.auth,
      hidden: prepared.hidden,
      idempotencyKey: `${runId}.${effect.key}`,
      signal,
      mayBeSent: pending.mayBeSent,
    });
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
    pending: PendingCall,
    action: Action,
    call: WebFunction,
    tokens: ReadonlyMap<string, GivenToken>,
  ): Promise<Prepared | { readonly failure: Failure }> {
    const { definition, effect } = pending;
    const secrets = this.#secretsOf(definition);
    const hidden: Hidden = {
      secrets: [
        ...Object.values(secrets),
        ...[...tokens.values()].flatMap(given =>
          'token' in given ? [given.token] : [],
        ),
      ],
    };
    const steps = stepsOf(action, call);
    const { failure, registers } =
      steps.length === 0
        ? { failure: undefined, registers: {} as Program['variables'] }
        : await this.#evaluator.of(definition.id).run({
            data: effect.data,
            variables: this.#variables(pending, action, call, secrets),
            steps,
            give: ['filled', 'derived'],
          });
    if (failure !== undefined) {
      return redactOutcome({ failure: programFailure(failure) }, hidden);
    }
    const filled = isObject(registers.filled) ? registers.filled : {};
    const derived = [
      ...new Set((registers.derived as string[] | undefined) ?? []),
    ];
    if (derived.length > MAX_DERIVED) {
      const message = `Function ${call.name}: it passes on more than ${MAX_DERIVED} texts that secrets went into`;
      return { failure: { kind: 'limit', message } };
    }
    try {
      return {
        arguments: call.arguments && filled.arguments,
        auth: resolveAuth(call.auth, filled.auth, tokens),
        hidden: { ...hidden, derived },
      };
    } catch (error) {
      if (!(error instanceof AuthError)) {
        throw error;
      }
      const message = `Function ${call.name}: ${error.message}`;
      return redactOutcome({ failure: { kind: 'secret', message } }, hidden);
    }
  }

  /** The item of an iteration, and of the engine's own variables those that are read. */
  #variables(
    { definition, effect, input, runId }: PendingCall,
    action: Action,
    call: WebFunction,
    secrets: { [name: string]: string },
  ): Program['variables'] {
    const uses = new Set<EngineVariable>([
      ...(action.from?.uses ?? []),
      ...(call.arguments?.uses ?? []),
      // What an auth reads is not said: it is little.
      ...(call.auth.length > 0
        ? (['CONST', 'WORKFLOW', 'SECRET'] as const)
        : []),
    ]);
    return {
      ...(effect.variables as Program['variables']),
      ...(uses.has('CONST') ? { CONST: definition.constants } : {}),
      ...(uses.has('WORKFLOW')
        ? {
            WORKFLOW: workflowVariable(
              definition,
              runId,
              input,
              effect.previous,
            ),
          }
        : {}),
      ...(uses.has('SECRET') ? { SECRET: secrets } : {}),
    };
  }
}
