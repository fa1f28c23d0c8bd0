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
import type { Addresses } from './addresses';
import { at, Compilation, type Inspection } from './Compilation';
import { readAuthDefinitions } from './compileAuth';
import { errorCodes, readErrors } from './compileErrors';
import { readFunctions } from './compileFunctions';
import { readInputSchema } from './compileInputSchema';
import { NextReader } from './compileNext';
import { readRetries } from './compileRetries';
import { readState } from './compileStates';
import { readWorkflowTimeouts } from './compileTimeouts';
import { checkTransitions } from './checkTransitions';
import type { State, WorkflowDefinition } from './Definition';
import { definitionHead, headFaults } from './definitionHead';
import { checkLanguage, readId, readStart } from './definitionParts';
import { EventDeclarations } from './EventDeclarations';
import { DefinitionFaultsError } from './readDefinition';
import { OpenApiCatalog } from './openapi/OpenApiCatalog';
import { readExtensions } from './readExtensions';
import { readReferences } from './readReferences';
import { type ResourceReader, Resources } from './Resources';
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
  /** Reads what the definition refers to. */
  readonly readResource: ResourceReader;
  /** What only the configuration could say is a note and no fault where it does not: nobody runs what is only checked. */
  readonly lenient?: boolean;
  /** Leaves the schema of the input alone: a run that is under way has passed it. */
  readonly withoutInputSchema?: boolean;
}

/** A definition that can run, and what its author should know. */
export interface CompiledDefinition {
  readonly definition: WorkflowDefinition;
  readonly warnings: readonly string[];
  /** What the configuration must still say; only where it is checked leniently. */
  readonly notes: readonly string[];
  /** The texts that it refers to, by reference. */
  readonly resources?: { readonly [reference: string]: string };
  /** The workflows that it starts; whether they exist is for whoever knows all definitions. */
  readonly subFlows: readonly SubFlowUse[];
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
  if (Array.isArray(declared)) {
    declared.forEach((name, i) => {
      if (typeof name !== 'string' || !hasSecret(name, workflow)) {
        compilation.missing(
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
      compilation.configuration(
        '',
        `this workflow has no secret named ${JSON.stringify(
          name,
        )}; calls that read it will fail`,
      );
    }
  }
}

/** An answer or a log that listed more would help nobody. */
const MAX_FAULTS = 100;

/**
 * Checks a definition and makes it fit to run.
 *
 * @throws DefinitionFaultsError that lists everything that is wrong
 */
export async function compileDefinition(
  written: JsonObject,
  options: CompileOptions,
): Promise<CompiledDefinition> {
  const compilation = new Compilation(options.lenient);
  const resources = new Resources(options.readResource);
  const document = await readReferences(compilation, written, resources);
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
    providers: new Set(),
    functions: await readFunctions(compilation, document.functions, {
      addresses: options.addresses,
      auth: readAuthDefinitions(compilation, document.auth),
      catalog: new OpenApiCatalog(
        resources,
        readExtensions(compilation, document.extensions),
      ),
      hasSecret: name =>
        options.hasSecret(name, { id, workspace: head.workspace }),
    }),
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
  const constants =
    compilation.object('/constants', document.constants ?? undefined) ?? {};
  const keepActive = compilation.flag('/keepActive', document.keepActive);
  const declared = events.declarations();
  const schema = await readInputSchema(
    compilation,
    options.withoutInputSchema === true ? undefined : document.dataInputSchema,
    resources,
  );
  await compilation.settle(options.inspect);
  checkSecrets(
    compilation,
    { id, workspace: head.workspace },
    document.secrets,
    options.hasSecret,
  );
  if (compilation.faults.length > 0) {
    throw new DefinitionFaultsError(compilation.faults.slice(0, MAX_FAULTS));
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
      constants,
      events: declared,
      startsByEvent: states.get(start)?.type === 'event',
      timeout,
      keepActive,
      providers: [...context.providers],
      ...schema,
    },
    warnings: compilation.warnings,
    notes: compilation.notes,
    resources: resources.texts(),
    subFlows: context.subFlows,
  };
}
