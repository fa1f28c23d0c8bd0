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

import { openApiDocument } from './generated/document';
import { orchestratorPermissions } from './permissions';
import {
  isOrchestratorId,
  isOrchestratorScope,
  orchestratorScopes,
} from './scopes';

const operations = Object.entries<Record<string, any>>(
  openApiDocument.paths,
).flatMap(([path, item]) =>
  ['get', 'post', 'put', 'patch', 'delete']
    .filter(method => item[method])
    .map(method => ({ path, ...item[method] })),
);

describe('openapi.yaml', () => {
  it('says of every operation who may call it, by scopes of the catalogue', () => {
    for (const operation of operations) {
      expect(operation.security).toBeInstanceOf(Array);
      const scopes = operation.security.flatMap(
        (entry: { bearer: string[] }) => entry.bearer,
      );
      expect(
        scopes.filter((scope: string) => !isOrchestratorScope(scope)),
      ).toEqual([]);
    }
  });

  it('uses every scope of the catalogue but the one that widens others', () => {
    const used = new Set(
      operations.flatMap(operation =>
        operation.security.flatMap(
          (entry: { bearer: string[] }) => entry.bearer,
        ),
      ),
    );
    const unused = orchestratorScopes
      .map(({ scope }) => scope)
      .filter(scope => !used.has(scope));
    expect(unused).toEqual(['instances:admin']);
  });

  it('names every operation once, and an audit event for each that has a caller', () => {
    const ids = operations.map(operation => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const withoutEvent = operations.filter(
      operation => operation.security.length > 0 && !operation['x-audit-event'],
    );
    expect(withoutEvent).toEqual([]);
  });

  it('has the same idea of an id as the catalogue', () => {
    const pattern = new RegExp(openApiDocument.components.schemas.Id.pattern);
    for (const id of ['a', 'A.b_c-1', '...', 'x'.repeat(255)]) {
      expect([pattern.test(id), isOrchestratorId(id)]).toEqual([true, true]);
    }
    for (const id of [
      '',
      '.',
      '..',
      'a/b',
      'a b',
      'a:b',
      'x'.repeat(256),
      'a\n',
      '\u00e9',
    ]) {
      expect([pattern.test(id), isOrchestratorId(id)]).toEqual([false, false]);
    }
  });
});

describe('the catalogue of scopes', () => {
  it('stands on permissions that the plugin registers', () => {
    const names = orchestratorPermissions.map(permission => permission.name);
    for (const { permission } of orchestratorScopes) {
      expect(names).toContain(permission.name);
    }
  });
});
