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

import { mockServices } from '@backstage/backend-test-utils';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { testEvaluator } from '../__testUtils__/compile';
import {
  DEFAULT_LIMITS,
  type EmbeddedEngineConfig,
} from '../config/EngineConfig';
import type { JqWorker } from '../jq/JqWorker';
import { Egress } from '../rest/Egress';
import { DefinitionCompiler } from './DefinitionCompiler';
import { loadFolders } from './loadFolders';

const oracle = path.join(__dirname, '..', '__fixtures__', 'oracle');

let evaluator: JqWorker;
beforeAll(() => {
  evaluator = testEvaluator();
});
afterAll(() => evaluator.stop());

function configOf(more: Partial<EmbeddedEngineConfig>): EmbeddedEngineConfig {
  return {
    enabled: true,
    definitions: [],
    egress: [],
    functions: new Map(),
    openapi: new Map(),
    secrets: new Map(),
    events: { crossWorkspace: [] },
    synchronous: 'normal',
    limits: DEFAULT_LIMITS,
    ...more,
  };
}

async function load(more: Partial<EmbeddedEngineConfig>) {
  const config = configOf(more);
  const logger = mockServices.logger.mock();
  const loaded = await loadFolders({
    config,
    logger,
    compiler: new DefinitionCompiler(
      config,
      evaluator,
      Egress.create(config.egress),
    ),
    registered: async () => undefined,
  });
  return { entries: loaded.entries(0), logger };
}

describe('loadFolders', () => {
  it('loads every definition that SonataFlow runs, with the files that they refer to', async () => {
    const { entries } = await load({
      definitions: [{ folder: path.join(oracle, 'definitions') }],
      functions: new Map(
        ['get', 'post', 'put'].map(name => [
          name,
          { baseUrl: 'http://api.test' },
        ]),
      ),
      openapi: new Map([
        ['stub', { baseUrl: 'http://api.test', auth: new Map() }],
      ]),
    });
    const files = readdirSync(path.join(oracle, 'definitions')).filter(file =>
      file.endsWith('.sw.yaml'),
    );
    const ids = files.map(file => file.replace('.sw.yaml', ''));
    expect([...entries.keys()].sort()).toEqual(ids.sort());
    const refused = [...entries.values()].flatMap(({ id, reason }) =>
      reason === undefined ? [] : [[id, reason]],
    );
    // It looks at all secrets at once, which would let it carry them away.
    expect(refused).toEqual([
      ['exprArgs', expect.stringContaining('names no secret')],
    ]);
    expect(Object.keys(entries.get('restOpenapi')!.source.resources!)).toEqual([
      'specs/stub.yaml',
    ]);
    expect(entries.get('eventStart')!.compiled!.definition.startsByEvent).toBe(
      true,
    );
  });
});
