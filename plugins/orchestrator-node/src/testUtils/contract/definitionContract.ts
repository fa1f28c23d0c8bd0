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

/* eslint-disable jest/no-export, jest/no-standalone-expect -- a part of a suite that the packages of engines call, with itIf for it */

import { randomUUID } from 'node:crypto';
import { itIf, type ContractContext } from './EngineContractHarness';
import { call, startRequest, untilState } from './engineSteps';

/** Definitions over HTTP: checked, kept, replaced, deleted. */
export function describeDefinitions({
  harness,
  capabilities,
}: ContractContext): void {
  describe('registered definitions', () => {
    const itRegisters = itIf(capabilities.definitions);
    const registering = () => {
      const { engine, sources } = harness();
      if (!engine.definitions || !sources) {
        throw new Error('An engine that keeps definitions must be testable');
      }
      const id = `contract-${randomUUID()}`;
      const source = (version: string, workspace = 'default') =>
        sources.valid({ id, version, workspace });
      return { engine, definitions: engine.definitions, sources, id, source };
    };
    const NOT_FOUND = { name: 'NotFoundError' };
    const CONFLICT = { name: 'ConflictError' };
    const INPUT = {
      name: 'InputError',
      faults: expect.arrayContaining([
        { path: expect.any(String), message: expect.any(String) },
      ]),
    };

    itRegisters('are checked without being stored', async () => {
      const { engine, definitions, sources, id, source } = registering();
      expect(
        await definitions.check(source('1.0', 'payments'), call),
      ).toMatchObject({ id, version: '1.0', workspace: 'payments' });
      const listed = await engine.listDefinitions(call);
      expect(listed.map(one => one.id)).not.toContain(id);
      await expect(
        definitions.check(sources.invalid(id), call),
      ).rejects.toMatchObject(INPUT);
    });

    itRegisters(
      'can be run once created, and only be created once',
      async () => {
        const { engine, definitions, id, source } = registering();
        expect(
          await definitions.create(source('1.0', 'payments'), call),
        ).toMatchObject({ id, version: '1.0', workspace: 'payments' });
        expect(await engine.listDefinitions(call)).toContainEqual(
          expect.objectContaining({
            id,
            version: '1.0',
            workspace: 'payments',
            origin: 'http',
            available: true,
          }),
        );
        expect((await engine.getDefinitionSource(id, call))?.source).toBe(
          source('1.0', 'payments').source,
        );
        await expect(
          definitions.create(source('2.0'), call),
        ).rejects.toMatchObject(CONFLICT);
        const run = await engine.start(startRequest(id), call);
        await untilState(engine, run.id, 'COMPLETED');
      },
    );

    itRegisters('are replaced for new runs', async () => {
      const { engine, definitions, id, source } = registering();
      await definitions.create(source('1.0'), call);
      expect(await definitions.replace(id, source('2.0'), call)).toMatchObject({
        id,
        version: '2.0',
      });
      const run = await engine.start(startRequest(id), call);
      const ended = await untilState(engine, run.id, 'COMPLETED');
      expect(ended.version).toBe('2.0');
    });

    itRegisters(
      'cannot be started once deleted, and their runs stay',
      async () => {
        const { engine, definitions, id, source } = registering();
        await definitions.create(source('1.0'), call);
        const run = await engine.start(startRequest(id), call);
        await definitions.delete(id, call);
        await untilState(engine, run.id, 'COMPLETED');
        expect(await engine.getDefinitionSource(id, call)).toBeUndefined();
        await expect(
          engine.start(startRequest(id), call),
        ).rejects.toMatchObject(NOT_FOUND);
        await expect(definitions.delete(id, call)).rejects.toMatchObject(
          NOT_FOUND,
        );
      },
    );

    itRegisters(
      'are refused with every fault, and nothing changes',
      async () => {
        const { engine, definitions, sources, id, source } = registering();
        await expect(
          definitions.create(sources.invalid(id), call),
        ).rejects.toMatchObject(INPUT);
        await definitions.create(source('1.0'), call);
        await expect(
          definitions.replace(id, sources.invalid(id), call),
        ).rejects.toMatchObject(INPUT);
        expect((await engine.getDefinitionSource(id, call))?.source).toBe(
          source('1.0').source,
        );
      },
    );

    itRegisters('cannot be replaced where there is none', async () => {
      const { definitions, id, source } = registering();
      await expect(
        definitions.replace(id, source('1.0'), call),
      ).rejects.toMatchObject(NOT_FOUND);
    });

    itRegisters('survive kill -9', async () => {
      const { definitions, id, source } = registering();
      await definitions.create(source('1.0'), call);
      const after = await harness().restart();
      const run = await after.start(startRequest(id), call);
      await untilState(after, run.id, 'COMPLETED');
      expect(run.id).toEqual(expect.any(String));
    });

    itRegisters('of a folder are not changed', async () => {
      const { engine, definitions, sources } = registering();
      const listed = await engine.listDefinitions(call);
      const { id } = listed.find(one => one.origin === 'folder')!;
      const text = sources.valid({ id, version: '9', workspace: 'default' });
      await expect(definitions.create(text, call)).rejects.toMatchObject(
        CONFLICT,
      );
      await expect(definitions.replace(id, text, call)).rejects.toMatchObject(
        CONFLICT,
      );
      await expect(definitions.delete(id, call)).rejects.toMatchObject(
        CONFLICT,
      );
    });
  });
}
