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
import type { Compilation } from './Compilation';
import { definitionId } from './definitionHead';
import { isObject } from './merge';

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
  'extensions',
  'dataOutputSchema',
];

/** Refuses what is not this language. */
export function checkLanguage(
  compilation: Compilation,
  document: JsonObject,
): void {
  compilation.keys('', document, TOP_LEVEL);
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
    compilation.warn(
      '',
      `specVersion ${JSON.stringify(version).slice(0, 100)} is read as 0.8`,
    );
  }
  if (document.dataOutputSchema !== undefined) {
    compilation.warn(
      '/dataOutputSchema',
      'has no effect: what runs give is not checked',
    );
  }
}

/** Reads the id of a definition. */
export function readId(compilation: Compilation, document: JsonObject): string {
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

/** Reads the name of the state in which runs begin; the first where nothing says it. */
export function readStart(
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
