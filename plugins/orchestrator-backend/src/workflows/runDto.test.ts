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

import type { StartedRun } from '../database/RunRow';
import { durationText, toInstance, toListItem } from './runDto';
import { listStatuses } from './WorkflowService';

const run: StartedRun = {
  id: 'a',
  engineId: 'embedded',
  workflowId: 'greet',
  workspace: 'default',
  name: 'Greet',
  initiator: 'anonymous',
  owner: 'anonymous',
  state: 'ACTIVE',
  start: Date.UTC(2026, 0, 1),
  idempotencyKey: 'secret-key',
  inputHash: 'hash',
  revision: 3,
};

describe('durationText', () => {
  it.each([
    [0, '0 hours, 0 minutes, 0 seconds'],
    [63_200, '0 hours, 1 minutes, 3.2 seconds'],
    [90_061_001, '25 hours, 1 minutes, 1.001 seconds'],
  ])('says %d ms as RHDH does', (duration, text) => {
    expect(durationText(duration)).toBe(text);
  });
});

describe('toListItem', () => {
  it('shows what the index knows, and nothing of how it keeps it', () => {
    expect(JSON.parse(JSON.stringify(toListItem(run, undefined)))).toEqual({
      id: 'a',
      processId: 'greet',
      processName: 'Greet',
      workspace: 'default',
      state: 'ACTIVE',
      start: '2026-01-01T00:00:00.000Z',
      end: null,
      initiatorEntity: 'anonymous:anonymous',
      executionSummary: [],
      nodes: [],
    });
  });
});

describe('toInstance', () => {
  it('is ahead of the index where the engine is', () => {
    const details = {
      id: 'a',
      definitionId: 'greet',
      state: 'COMPLETED' as const,
      start: '2026-01-01T00:00:00.000Z',
      end: '2026-01-01T00:00:03.200Z',
      data: [1],
      nodes: [],
    };
    expect(toInstance(run, details, 'Says hello')).toMatchObject({
      state: 'COMPLETED',
      end: '2026-01-01T00:00:03.200Z',
      duration: '0 hours, 0 minutes, 3.2 seconds',
      description: 'Says hello',
      workflowdata: [1],
      error: null,
    });
  });

  it('is not ended where the engine runs it again', () => {
    const failed = { ...run, state: 'ERROR' as const, end: 5, duration: 5 };
    const details = {
      id: 'a',
      definitionId: 'greet',
      state: 'ACTIVE' as const,
      start: '2026-01-01T00:00:00.000Z',
      data: {},
      nodes: [],
    };
    expect(toInstance(failed, details, undefined)).toMatchObject({
      state: 'ACTIVE',
      end: null,
      duration: undefined,
    });
  });
});

describe('listStatuses', () => {
  it('has the order and the words of RHDH', () => {
    expect(listStatuses()).toEqual([
      { key: 'Active', value: 'ACTIVE' },
      { key: 'Error', value: 'ERROR' },
      { key: 'Completed', value: 'COMPLETED' },
      { key: 'Aborted', value: 'ABORTED' },
      { key: 'Suspended', value: 'SUSPENDED' },
      { key: 'Pending', value: 'PENDING' },
    ]);
  });
});

describe('a run that its engine has lost', () => {
  const gone: StartedRun = { ...run, lostAt: 1, lostAs: 'gone' };
  const stuck: StartedRun = { ...run, lostAt: 1, lostAs: 'stuck' };
  const details = {
    id: 'a',
    definitionId: 'greet',
    state: 'ACTIVE' as const,
    start: '2026-01-01T00:00:00.000Z',
    data: [1],
    nodes: [],
    executionSummary: ['It began'],
  };
  const GONE = 'The engine of the workflow does not have this run any more';
  const STUCK = 'The engine of the workflow cannot go on with this run';

  it.each([
    ['gone', gone, undefined, GONE],
    ['gone after its end', { ...gone, state: 'COMPLETED' }, undefined, GONE],
    ['stuck', stuck, undefined, STUCK],
    ['lost by what the engine says', run, { ...details, lost: 'Why' }, 'Why'],
  ] as [string, StartedRun, typeof details | undefined, string][])(
    'says why: %s',
    (_how, its, found, message) => {
      expect(toInstance(its, found, undefined)).toMatchObject({
        lost: true,
        error: { message, nodeDefinitionId: '' },
      });
    },
  );

  it('is not lost where the engine has it, or it was ended here', () => {
    for (const its of [gone, stuck, { ...stuck, state: 'ABORTED' as const }]) {
      const shown = toInstance(its, details, undefined);
      expect(shown).toMatchObject({ lost: undefined, error: null });
    }
    const aborted = toInstance(
      { ...run, state: 'ABORTED', end: run.start + 5 },
      { ...details, lost: 'Why' },
      undefined,
    );
    expect(aborted).toMatchObject({
      state: 'ABORTED',
      end: '2026-01-01T00:00:00.005Z',
      lost: undefined,
      error: null,
    });
  });

  it('is told apart in lists, and so is one that was adopted', () => {
    expect(toListItem(stuck, details)).toMatchObject({ lost: true });
    expect(toListItem({ ...run, adopted: true }, details)).toMatchObject({
      adopted: true,
      lost: undefined,
    });
  });

  it('shows what happened as its engine tells it', () => {
    expect(toInstance(run, details, undefined).executionSummary).toEqual([
      'It began',
    ]);
  });
});
