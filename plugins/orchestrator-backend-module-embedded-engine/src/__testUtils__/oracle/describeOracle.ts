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

/* eslint-disable jest/no-export -- a suite that is run for each engine */

import type { EngineDefinition } from '@flowgate/backstage-plugin-orchestrator-node';
import { isDeepStrictEqual } from 'node:util';
import { call } from '../engines';
import {
  type OracleCase,
  oracleCases,
  type OracleOutcome,
  type OracleRun,
} from './oracleCases';
import type { OracleTarget } from './OracleTarget';
import { replay } from './replay';

/** The words of an error are the engine's own, but those that the definition gives. */
const givenWords = new Set(['12-error-message']);

const sorted = <T>(values: readonly T[]): T[] =>
  [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** An outcome as it is compared: only what the case looks at. */
function shapeOf(
  {
    callsUnordered,
    children: hasChildren,
    ignore = [],
    showHeaders = [],
  }: OracleCase,
  outcome: OracleOutcome,
  error: (message: string) => string,
): object {
  const run = ({ error: message, state, workflowdata }: OracleRun) => ({
    state,
    ...(state === 'NONE' ? {} : { workflowdata: workflowdata ?? null }),
    ...(message === undefined ? {} : { error: error(message) }),
  });
  const calls = (outcome.calls ?? []).map(({ headers = {}, ...rest }) => ({
    ...rest,
    ...(showHeaders.length === 0
      ? {}
      : {
          headers: Object.fromEntries(
            showHeaders
              .filter(name => headers[name] !== undefined)
              .map(name => [name, headers[name]]),
          ),
        }),
  }));
  const shape = {
    ...run(outcome),
    calls: callsUnordered ? sorted(calls) : calls,
    emitted: outcome.emitted ?? [],
    others: (outcome.others ?? []).map(run),
    ...(hasChildren ? { children: outcome.children ?? [] } : {}),
  };
  return Object.fromEntries(
    Object.entries(shape).filter(
      ([name]) => !ignore.includes(name as keyof OracleOutcome),
    ),
  );
}

/**
 * A suite that replays the recorded cases against an engine.
 *
 * @param adapt - the case as it is for this engine
 * @param wanted - what may come of a case with this engine, the most likely first: what was recorded, but for what is documented
 */
export function describeOracle(
  name: string,
  createTarget: () => Promise<OracleTarget>,
  wanted: (name: string, recorded: OracleCase) => readonly OracleOutcome[],
  adapt: (name: string, recorded: OracleCase) => OracleCase = (_, recorded) =>
    recorded,
): void {
  describe(`${name} does what was recorded of SonataFlow`, () => {
    let target: OracleTarget;
    let definitions: ReadonlyMap<string, EngineDefinition>;

    beforeAll(async () => {
      target = await createTarget();
      const listed = await target.engine.listDefinitions(call);
      definitions = new Map(listed.map(one => [`${one.id}.sw.yaml`, one]));
    });

    afterAll(() => target?.close());

    it.each(oracleCases())('$name', async ({ name: caseName, recorded }) => {
      const adapted = adapt(caseName, recorded);
      const allowed = wanted(caseName, adapted);
      const seen = await replay(
        target,
        definitions.get(adapted.definition)!,
        adapted,
        allowed[0],
      );
      const shown = (message: string) =>
        givenWords.has(caseName) ? message : '<error>';
      const shape = shapeOf(adapted, seen, shown);
      const shapes = allowed.map(one => shapeOf(adapted, one, shown));
      expect(shape).toEqual(
        shapes.find(one => isDeepStrictEqual(one, shape)) ?? shapes[0],
      );
    });
  });
}
