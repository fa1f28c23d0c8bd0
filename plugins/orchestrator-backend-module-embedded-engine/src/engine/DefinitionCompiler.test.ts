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

import { DEFAULT_LIMITS } from '../config/EngineConfig';
import { type Evaluator, InspectionError } from '../jq/Evaluator';
import { DefinitionFaultsError } from '../language/readDefinition';
import { Egress } from '../rest/Egress';
import { DefinitionCompiler, noFiles } from './DefinitionCompiler';

const compilerOf = (inspect: Evaluator['inspect']) =>
  new DefinitionCompiler(
    {
      enabled: true,
      definitions: [],
      egress: [],
      functions: new Map(),
      openapi: new Map(),
      secrets: new Map(),
      events: { crossWorkspace: [] },
      synchronous: 'normal',
      limits: DEFAULT_LIMITS,
    },
    { inspect } as Evaluator,
    Egress.create([]),
  );

const COUNT = 450;
const source = {
  source: JSON.stringify({
    id: 'w',
    start: 'A',
    states: [
      {
        name: 'A',
        type: 'switch',
        dataConditions: Array.from({ length: COUNT }, (_x, i) => ({
          condition: `.a == ${i}`,
          end: true,
        })),
        defaultCondition: { end: true },
      },
    ],
  }),
  format: 'json' as const,
  defaultWorkspace: 'default',
};

describe('DefinitionCompiler', () => {
  it('has few expressions looked at in one go, and all of them in their order', async () => {
    const asked: (readonly string[])[] = [];
    const compiler = compilerOf(async texts => {
      asked.push(texts);
      return texts.map(() => ({ variables: [] }));
    });
    await compiler.compile(source, noFiles);
    expect(Math.max(...asked.map(texts => texts.length))).toBeLessThan(COUNT);
    expect(asked.flat()).toEqual(
      Array.from({ length: COUNT }, (_x, i) => `.a == ${i}`),
    );
  });

  it('finds a definition faulty whose expressions go beyond the limits', async () => {
    const compiling = compilerOf(async () => {
      throw new InspectionError(
        'The expression took longer than 5 milliseconds',
      );
    }).compile(source, noFiles);
    await expect(compiling).rejects.toThrow(DefinitionFaultsError);
    await expect(compiling).rejects.toThrow(
      'has expressions that cannot be read: The expression took longer',
    );
  });

  it('finds nothing faulty because nobody could look at it', async () => {
    const error = new Error('The evaluator of expressions is stopped');
    await expect(
      compilerOf(async () => {
        throw error;
      }).compile(source, noFiles),
    ).rejects.toBe(error);
  });
});
