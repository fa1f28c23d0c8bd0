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

import { InputError } from '@backstage/errors';
import type { JsonObject } from '@backstage/types';
import {
  isOrchestratorId,
  reservedWorkflowIds,
} from '@flowgate/backstage-plugin-orchestrator-common';
import type { DefinitionSource } from '@flowgate/backstage-plugin-orchestrator-node';
import type {
  FakeDefinition,
  FakeScenario,
  StoredDefinition,
} from './FakeStorage';

const SCENARIOS: readonly FakeScenario[] = [
  'completes',
  'waits',
  'waitsForEvent',
  'fails',
  'failsOnce',
];

/** Fills in what a definition leaves out. */
export function toStoredDefinition(
  fake: FakeDefinition,
  source?: DefinitionSource,
): StoredDefinition {
  const { scenario = 'completes', startsOn, consumes, ...rest } = fake;
  const definition = {
    version: '1.0',
    format: 'json' as const,
    workspace: 'default',
    origin: 'folder' as const,
    failOnValidationErrors: true,
    available: true,
    ...(startsOn ? { startsByEvent: true } : {}),
    ...rest,
  };
  return {
    definition,
    scenario,
    startsOn,
    consumes,
    source: source ?? {
      format: definition.format,
      source: JSON.stringify({ id: fake.id, scenario }, undefined, 2),
    },
  };
}

/** Refuses a definition as engines do: with every fault beside the message. */
function refuse(faults: { path: string; message: string }[]): never {
  const text = faults.map(({ path, message }) => `${path} ${message}`);
  throw Object.assign(new InputError(text.join('; ')), { faults });
}

/**
 * Reads the language of the fake engine: a JSON object with `id`, and optionally `name`, `version`, `description`, `scenario`,
 * `workspace` and `dataInputSchema`. The key `unsupported` stands for a feature that the engine lacks.
 */
export function parseFakeDefinition(
  source: DefinitionSource,
): StoredDefinition {
  let body: JsonObject;
  try {
    body = JSON.parse(source.source);
  } catch {
    return refuse([{ path: '', message: 'is not JSON' }]);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return refuse([{ path: '', message: 'must be an object' }]);
  }
  const faults: { path: string; message: string }[] = [];
  const text = (key: string): string | undefined => {
    const value = body[key];
    if (value === undefined || typeof value === 'string') return value;
    faults.push({ path: key, message: 'must be a text' });
    return undefined;
  };
  const id = text('id') ?? '';
  if (!isOrchestratorId(id)) {
    faults.push({ path: 'id', message: 'is not an id' });
  } else if (reservedWorkflowIds.includes(id)) {
    faults.push({ path: 'id', message: 'is reserved' });
  }
  const scenario = (text('scenario') ?? 'completes') as FakeScenario;
  if (!SCENARIOS.includes(scenario)) {
    faults.push({ path: 'scenario', message: 'is not known' });
  }
  if (body.unsupported !== undefined) {
    faults.push({ path: 'unsupported', message: 'is not supported' });
  }
  const optional = {
    name: text('name'),
    version: text('version'),
    description: text('description'),
    workspace: text('workspace'),
  };
  if (faults.length > 0) refuse(faults);
  const given = Object.entries(optional).filter(([, value]) => value);
  return toStoredDefinition(
    {
      ...Object.fromEntries(given),
      id,
      scenario,
      origin: 'http',
      format: source.format,
      inputSchema: body.dataInputSchema as JsonObject | undefined,
    },
    source,
  );
}
