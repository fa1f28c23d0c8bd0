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

import type { JsonValue } from '@backstage/types';
import type { ForEachState } from '../language/Definition';
import { mergeAt } from '../language/merge';
import { parsePath } from '../language/paths';
import type { ActionGroup } from './ActionGroup';
import type { Arrivals } from './arrivals';
import { evaluate } from './evaluate';
import type { ForEachFrame, SequenceFrame } from './frames';
import { checkHeld } from './iterations';
import { store } from './results';
import { type Run, RunFailure } from './Run';
import { runSideBySide } from './runFanOut';
import { runSequence } from './runSequence';
import { newSequence } from './sequences';
import { itemVariables } from './RunState';

/** Nulls vanish from a collection that is named by its path, as in SonataFlow. */
function dropNulls(run: Run, expression: string, items: JsonValue[]): void {
  const path = parsePath(expression);
  if (path !== undefined) {
    run.setData(mergeAt(run.state.data, path, items));
  }
}

/** Evaluates the collection, once, and begins to iterate over it. */
export async function beginForEach(
  run: Run,
  state: ForEachState,
): Promise<ForEachFrame> {
  const value = await evaluate(run, state.items);
  const unbound = value === undefined || value === null;
  const all = Array.isArray(value) ? value : [value ?? null];
  const items = unbound ? all : all.filter(item => item !== null);
  const { maxItems } = run.context.limits;
  if (items.length > maxItems) {
    throw new RunFailure({
      kind: 'limit',
      message: `State ${state.name} has ${items.length} items, of ${maxItems} that it may have`,
    });
  }
  if (Array.isArray(value) && items.length < all.length) {
    dropNulls(run, state.items.text, items);
  }
  const body: ForEachFrame = {
    kind: 'forEach',
    parameter: state.parameter,
    items,
    ...(unbound ? { unbound } : {}),
    next: 0,
    children: [],
    results: [],
    length: JSON.stringify(items).length,
  };
  checkHeld(run, body);
  return body;
}

function finish(
  { outputs }: ForEachState,
  body: ForEachFrame,
  child: SequenceFrame,
): void {
  if (outputs !== undefined) {
    body.results[child.item ?? 0] = child.previous ?? null;
    body.length += child.previousLength ?? 0;
  }
  body.children.splice(body.children.indexOf(child), 1);
}

/** Collects what iterations gave, in the order of the items. */
function collect(run: Run, state: ForEachState, body: ForEachFrame): void {
  if (state.outputs !== undefined && body.items.length > 0) {
    const results = body.results.filter(result => result !== null);
    store(run, { used: true, to: state.outputs }, results);
  }
}

/** Goes on with iterations; true where all are done. */
export async function runForEach(
  run: Run,
  state: ForEachState,
  body: ForEachFrame,
  arrivals: Arrivals,
): Promise<boolean> {
  const group: ActionGroup = {
    state,
    actions: state.actions,
    iterates: true,
    merges: state.outputs === undefined,
    around: sequence => ({
      variables: itemVariables(body, sequence),
      previous: sequence.previous,
    }),
  };
  const goOn = async (child: SequenceFrame) => {
    const done = await runSequence(run, group, child, arrivals.get(child));
    if (done) {
      finish(state, body, child);
    }
    return done;
  };
  await runSideBySide(run, [...body.children], arrivals, goOn);
  const numbers = state.actions.map((_action, i) => i);
  while (
    body.next < body.items.length &&
    body.children.length < state.batchSize
  ) {
    if (run.holdBack()) {
      return false;
    }
    run.spend();
    const child: SequenceFrame = { ...newSequence(numbers), item: body.next };
    if (state.outputs !== undefined) {
      body.results[body.next] = null;
    }
    body.next += 1;
    body.children.push(child);
    await goOn(child);
  }
  if (body.children.length > 0) {
    return false;
  }
  collect(run, state, body);
  return true;
}
