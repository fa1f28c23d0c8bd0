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

// What must be true after all.
import assert from 'node:assert/strict';
import { CHILD, callsOf, dataOf, PARENT } from './workflows.mjs';

/** How long a commit may take after its rows were written; milliseconds. */
const COMMIT_MS = 250;
/** The index catches up within this; milliseconds. */
const INDEX_MS = 15_000;
const PAGE = 100;

/** Every run has ended once, with the right data, and the index says the same on every backend. */
export async function checkRuns(checks, { runs, witness, replicas, TOKEN }) {
  const stored = await witness.runs();
  const parents = stored.filter(run => run.definition_id === PARENT);
  const children = stored.filter(run => run.definition_id === CHILD);

  await checks.check('every run has completed, with the right data', () => {
    assert.equal(parents.length, runs.size);
    for (const { id, status, data } of parents) {
      assert.equal(status, 'COMPLETED', id);
      assert.deepEqual(JSON.parse(data), dataOf(runs.get(id)));
    }
  });
  await checks.check('every run has had one sub-flow, as its own', () => {
    assert.equal(children.length, runs.size);
    assert.equal(new Set(children.map(one => one.parent_id)).size, runs.size);
    const byId = new Map(parents.map(run => [run.id, run]));
    for (const child of children) {
      assert.equal(child.status, 'COMPLETED', child.id);
      assert.deepEqual(
        JSON.parse(child.provenance),
        JSON.parse(byId.get(child.parent_id).provenance),
      );
    }
  });
  await checks.check('every run has ended exactly once', async () => {
    const ends = await witness.ends();
    for (const { id } of stored) assert.equal(ends.get(id), 1, id);
    assert.equal(ends.size, stored.length);
  });
  for (const replica of replicas) {
    await checks.check(`the index agrees, as ${replica.name} tells`, () =>
      checkIndex(replica, TOKEN, stored),
    );
  }
}

async function checkIndex(replica, token, stored) {
  const end = Date.now() + INDEX_MS;
  let wrong;
  do {
    const seen = await listRuns(replica, token);
    wrong = stored.filter(({ id }) => seen.get(id) !== 'COMPLETED');
    if (wrong.length === 0) {
      assert.equal(seen.size, stored.length, 'the index has other runs');
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 200));
  } while (Date.now() < end);
  assert.fail(`the index is wrong about ${wrong.length} runs`);
}

async function listRuns(replica, token) {
  const seen = new Map();
  for (let offset = 0; ; offset += PAGE) {
    const { status, body } = await replica.call(
      token,
      'POST',
      '/v2/workflows/instances',
      { paginationInfo: { pageSize: PAGE, offset } },
    );
    assert.equal(status, 200, JSON.stringify(body));
    body.items.forEach(run => seen.set(run.id, run.state));
    if (body.items.length < PAGE) return seen;
  }
}

function groupBy(hits, property) {
  const groups = new Map();
  for (const hit of hits) {
    const group = groups.get(hit[property]) ?? [];
    groups.set(hit[property], [...group, hit]);
  }
  return groups;
}

/** Calls were made again only where it was not known whether they had been made. */
export async function checkCalls(
  checks,
  { runs, witness, service, disturbed },
) {
  const hits = service.hits;
  const recorded = await witness.recorded();
  const byKey = groupBy(hits, 'key');
  const byName = groupBy(hits, 'name');
  const repeated = [...byKey].filter(([, some]) => some.length > 1);

  await checks.check('every call was made, and its result recorded', () => {
    const names = [...runs.values()].flatMap(callsOf);
    assert.deepEqual([...byName.keys()].sort(), names.sort());
    for (const key of byKey.keys()) {
      assert.ok(recorded.has(key), `${key} is not recorded`);
    }
  });
  await checks.check('every repeat had the key of the first', () => {
    assert.equal(byKey.size, byName.size);
    for (const [name, some] of byName) {
      assert.equal(new Set(some.map(({ key }) => key)).size, 1, name);
    }
  });
  await checks.check('no call was made after its result was recorded', () => {
    for (const { name, key, at } of hits) {
      const late = at - recorded.get(key);
      assert.ok(late <= COMMIT_MS, `${name} came ${late} ms after it`);
    }
  });
  await checks.check(
    'only calls in flight at the kill and the stop were made again',
    () => {
      const losses = [...disturbed.values()];
      for (const [key, [first, ...others]] of repeated) {
        const loss = losses.find(
          // Also one that was stored as under way, and that its process was about to send.
          ({ at, runs: held }) =>
            recorded.get(key) > at &&
            (first.at <= at || held.some(id => key.startsWith(`${id}.`))),
        );
        assert.ok(loss, `${first.name} was in flight at neither`);
        assert.ok(
          others.length <= losses.length,
          `${first.name} was made ${others.length + 1} times`,
        );
      }
      console.log(
        `${repeated.length} of ${byKey.size} calls were in flight and made again`,
      );
    },
  );
}

/** No process changed a run that it did not have. */
export async function checkWrites(checks, witness) {
  for (const [name, find] of [
    ['no process changed a run that it did not have', 'writesOfOthers'],
    ['no run was taken while the lease of its process held', 'takenTooEarly'],
    ['the revisions of every run follow one another', 'brokenRevisions'],
    ['nothing was stored of a run without its row', 'unfencedParts'],
  ]) {
    await checks.check(name, async () => {
      assert.deepEqual(await witness[find](), []);
    });
  }
}
