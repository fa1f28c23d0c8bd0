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

import type { RunChange } from '@flowgate/backstage-plugin-orchestrator-node';
import { makeRow, soundChange } from './runChanges';

const CHANGE: RunChange = {
  runId: 'run',
  definitionId: 'pay',
  state: 'ACTIVE',
  start: '2026-01-01T00:00:00.000Z',
  revision: 8,
};

describe('soundChange', () => {
  it('leaves what can be as it is', () => {
    const change = {
      ...CHANGE,
      startedAs: 'reserved',
      parentId: 'parent',
      adopted: {
        initiator: 'user:default/alice',
        targetEntity: 'component:default/web',
      },
    };
    expect(soundChange(change)).toEqual(change);
  });

  it.each<[string, Partial<RunChange>]>([
    ['an id', { runId: 'a/b' }],
    ['a workflow', { definitionId: 'a'.repeat(300) }],
    ['a state', { state: 'DONE' as never }],
    ['a revision', { revision: -1 }],
    ['a revision', { revision: NaN }],
  ])('passes over a change with %s that cannot be', (_what, part) => {
    expect(soundChange({ ...CHANGE, ...part })).toBeUndefined();
  });

  it.each<[string, Partial<RunChange>]>([
    ['reservation', { startedAs: "x' or 1=1" }],
    ['parent', { parentId: 'a'.repeat(300) }],
    ['parent that is the run itself', { parentId: 'run' }],
    ['adoption without an owner', { adopted: { initiator: '' } }],
    ['adoption by a token', { adopted: { initiator: 'token:abc' } }],
    ['adoption by a group', { adopted: { initiator: 'group:default/a' } }],
    ['adoption by no text', { adopted: { initiator: 5 as never } }],
    [
      'adoption by a long name',
      { adopted: { initiator: `user:default/${'a'.repeat(500)}` } },
    ],
  ])('leaves out a %s', (_what, part) => {
    expect(soundChange({ ...CHANGE, ...part })).toEqual(CHANGE);
  });

  it('leaves out a target that cannot be, and keeps the owner', () => {
    const initiator = 'user:default/a\0b';
    const adopted = { initiator, targetEntity: 'a'.repeat(501) };
    expect(soundChange({ ...CHANGE, adopted })?.adopted).toEqual({
      initiator: 'user:default/a\ufffdb',
    });
  });
});

describe('makeRow', () => {
  it('gives a run of which nothing is known to nobody', () => {
    expect(makeRow('remote', CHANGE, undefined)).toMatchObject({
      initiator: 'engine:remote',
      owner: 'engine:remote',
      workspace: '',
      name: 'pay',
    });
  });
});
