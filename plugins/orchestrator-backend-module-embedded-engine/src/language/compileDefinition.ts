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
import { reservedWorkflowIds } from '@flowgate/backstage-plugin-orchestrator-common';
import { at, Compilation, type Inspection } from './Compilation';
import { errorCodes, readErrors } from './compileErrors';
import { type Addresses, readFunctions } from './compileFunctions';
import { readInputSchema } from './compileInputSchema';
import { NextReader } from './compileNext';
import { readRetries } from './compileRetries';
import { readState } from './compileStates';
import { readWorkflowTimeouts } from './compileTimeouts';
import { checkTransitions } from './checkTransitions';
import type { State, WorkflowDefinition } from './Definition';
import { definitionHead, definitionId, headFaults } from './definitionHead';
import { EventDeclarations } from './EventDeclarations';
import { isObject } from './merge';
import { DefinitionFaultsError } from './readDefinition';
import type { StateContext, SubFlowUse } from './StateContext';

/** What a definition is checked against. */
export interface CompileOptions {
  readonly addresses: Addresses;
  /** The workspace of a definition that names none. */
  readonly workspace: string;
  /** Whether a workflow may read a secret. */
  readonly hasSecret: (
    name: string,
    workflow: Pick<WorkflowDefinition, 'id' | 'workspace'>,
  ) => boolean;
  readonly inspect: (
    texts: readonly string[],
  ) => Promise<readonly Inspection[]>;
  /** Reads a JSON file beside the definition; throws an Error whose message may be shown. */
  readonly readSchema: (reference: string) => Promise<JsonObject>;
}

/** A definition that can run, and what its author should know. */
export interface CompiledDefinition {
  readonly definition: WorkflowDefinition;
  readonly warnings: readonly string[];
  /** The workflows that it starts; whether they exist is for whoever knows all definitions. */
  readonly subFlows: readonly SubFlowUse[];
}

const TOP_LEVEL = [
  'id',
  'key',
  'name',
  'description',
  'version',
  'specVersion',
  'annotations',
  'metadata',
  'start',
  'states',
  'functions',
  'errors',
  'retries',
  'autoRetries',
  'constants',
  'secrets',
  'dataInputSchema',
  'expressionLang',
  'events',
  'auth',
  'timeouts',
  'keepActive',
];
const UNSUPPORTED = { extensions: 'extensions' };

function readId(compilation: Compilation, document: JsonObject): string {
  const id = definitionId(document);
  if (id === undefined) {
    compilation.fault(
      '/id',
      'must be an id of letters, digits, dots, dashes and underscores, 255 at most',
    );
    return '';
  }
  if (reservedWorkflowIds.includes(id)) {
    compilation.fault('/id', `${id} is reserved`);
  }
  return id;
}

function readStart(
  compilation: Compilation,
  value: JsonValue | undefined,
  first: string,
): string {
  if (isObject(value)) {
    compilation.keys('/start', value, ['stateName'], {
      schedule: 'start by schedule',
    });
    return compilation.text('/start/stateName', value.stateName) ?? first;
  }
  return compilation.text('/start', value) ?? first;
}

function readStates(
  compilation: Compilation,
  document: JsonObject,
  context: StateContext,
): Map<string, State> {
  const states = new Map<string, State>();
  const declared = compilation.list('/states', document.states);
  if (declared.length === 0) {
    compilation.fault('/states', 'must have states');
  }
  const names = new Set<string>();
  declared.forEach((state, i) => {
    const path = at('', 'states', i);
    const name = compilation.text(at(path, 'name'), state.name);
    if (name === undefined) {
      compilation.fault(path, 'must have a name');
      return;
    }
    if (names.has(name)) {
      compilation.fault(path, `there is another state named ${name}`);
    }
    names.add(name);
    // Whoever reads the fault knows states by name, not by number.
    const read = readState(
      compilation,
      at('', 'states', name),
      name,
      state,
      context,
    );
    if (read !== undefined) {
      states.set(name, read);
    }
  });
  return states;
}

function checkSecrets(
  compilation: Compilation,
  workflow: Pick<WorkflowDefinition, 'id' | 'workspace'>,
  declared: JsonValue | undefined,
  hasSecret: CompileOptions['hasSecret'],
): void {
  if (typeof declared === 'string') {
    compilation.fault(
      '/secrets',
      'secrets from a file are not supported by the embedded engine',
    );
  } else if (Array.isArray(declared)) {
    declared.forEach((name, i) => {
      if (typeof name !== 'string' || !hasSecret(name, workflow)) {
        compilation.fault(
          at('/secrets', i),
          `orchestrator.engines.embedded.secrets gives this workflow no secret named ${JSON.stringify(
            name,
          )}`,
        );
      }
    });
  }
  for (const name of compilation.secretsRead) {
    if (!hasSecret(name, workflow)) {
      compilation.warnings.push(
        `this workflow has no secret named ${JSON.stringify(
          name,
        )}; calls that read it will fail`,
      );
    }
  }
}

function checkLanguage(compilation: Compilation, document: JsonObject): void {
  compilation.keys('', document, TOP_LEVEL, UNSUPPORTED);
  const language = document.expressionLang;
  if (language !== undefined && language !== 'jq') {
    compilation.fault(
      '/expressionLang',
      `expression language ${JSON.stringify(
        language,
      )} is not supported by the embedded engine`,
    );
  }
  const version = document.specVersion;
  if (version !== undefined && String(version) !== '0.8') {
    compilation.warnings.push(
      `specVersion ${JSON.stringify(version)} is read as 0.8`,
    );
  }
  if (typeof document.constants === 'string') {
    compilation.fault(
      '/constants',
      'constants from a file are not supported by the embedded engine',
    );
  }
}

/**
 * Checks a definition and makes it fit to run.
 *
 * @throws DefinitionFaultsError that lists everything that is wrong
 */
export async function compileDefinition(
  document: JsonObject,
  options: CompileOptions,
): Promise<CompiledDefinition> {
  const compilation = new Compilation();
  checkLanguage(compilation, document);
  const id = readId(compilation, document);
  const head = definitionHead(document, options.workspace);
  headFaults(document).forEach(({ path, message }) =>
    compilation.fault(path, message),
  );
  const errors = readErrors(compilation, document.errors);
  const events = new EventDeclarations(compilation, document.events);
  const { workflow: timeout, ...timeouts } = readWorkflowTimeouts(
    compilation,
    document.timeouts,
  );
  const context: StateContext = {
    errors,
    events,
    next: new NextReader(compilation, events),
    timeouts,
    subFlows: [],
    functions: readFunctions(
      compilation,
      document.functions,
      options.addresses,
    ),
    retries: readRetries(compilation, document.retries),
    autoRetries: document.autoRetries === true,
    codes: (path, names) => errorCodes(compilation, path, names, errors),
  };
  const states = readStates(compilation, document, context);
  const start = readStart(
    compilation,
    document.start,
    [...states.keys()][0] ?? '',
  );
  if (compilation.faults.length === 0) {
    checkTransitions(compilation, states, start, timeout?.runBefore);
  }
  const keepActive = compilation.flag('/keepActive', document.keepActive);
  const declared = events.declarations();
  const schema = await readInputSchema(
    compilation,
    document.dataInputSchema,
    options.readSchema,
  );
  await compilation.settle(options.inspect);
  checkSecrets(
    compilation,
    { id, workspace: head.workspace },
    document.secrets,
    options.hasSecret,
  );
  if (compilation.faults.length > 0) {
    throw new DefinitionFaultsError(compilation.faults.slice(0, 100));
  }
  return {
    definition: {
      id,
      ...head,
      description:
        typeof document.description === 'string'
          ? document.description
          : undefined,
      start,
      states,
      constants: isObject(document.constants) ? document.constants : {},
      events: declared,
      startsByEvent: states.get(start)?.type === 'event',
      timeout,
      keepActive,
      providers: [],
      ...schema,
    },
    warnings: compilation.warnings,
    subFlows: context.subFlows,
  };
}
