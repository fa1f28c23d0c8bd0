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
import { createSonataFlowEngine } from '@flowgate/backstage-plugin-orchestrator-backend-module-sonataflow';
import { randomUUID } from 'node:crypto';
import { describeOracle } from './__testUtils__/oracle/describeOracle';
import {
  withChildrenAborted,
  withoutStartHeaders,
} from './__testUtils__/oracle/embeddedDifferences';
import {
  type OracleCase,
  type OracleChild,
  type OracleOutcome,
  type OracleRun,
  type OracleServiceCall,
  truthOf,
} from './__testUtils__/oracle/oracleCases';
import type { OracleTarget } from './__testUtils__/oracle/OracleTarget';

/*
 * The cases that oracle.test.ts replays against the embedded engine, replayed through our engine on a running SonataFlow
 * (yarn test:sonataflow). What comes must be what was recorded, but that
 * - no header of whoever starts a run reaches it;
 * - a start that names its initiator wraps the input, and SonataFlow drops what is null in a wrapped input;
 * - a run that has ended has the data that the Data Index shows, which can be a merge of what it had at different times.
 */

const differences: Readonly<Record<string, Partial<OracleOutcome>>> = {
  ...withoutStartHeaders,
  ...withChildrenAborted,
  '01-action-no-to-null': { workflowdata: { case: 'no-to' } },
  '01-action-to-null-over-value': { workflowdata: { case: 'to-a', a: null } },
  '03-truth-null': { workflowdata: { case: 'truth', took: 'no' } },
  '07-each-null': { workflowdata: { case: 'items' } },
};

const START_MS = 10_000;
const LOOK_MS = 50;

const pause = (milliseconds: number) =>
  new Promise(resolve => {
    setTimeout(resolve, milliseconds);
  });

/** The ids of the runs that the Data Index has for a filter, oldest first. */
async function idsIn(service: string, where: object): Promise<string[]> {
  const answer = await fetch(`${service}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query:
        'query ($w: ProcessInstanceArgument) { ProcessInstances(where: $w, orderBy: { start: ASC }) { id } }',
      variables: { w: where },
    }),
  });
  const { data } = (await answer.json()) as {
    data: { ProcessInstances: { id: string }[] };
  };
  return data.ProcessInstances.map(({ id }) => id);
}

/** A call as the stub has got it, its headers by names of lower case. */
function callOf({
  rawHeaders,
  ...rest
}: OracleServiceCall & { rawHeaders: string[] }): OracleServiceCall {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    headers[rawHeaders[i].toLowerCase()] = rawHeaders[i + 1];
  }
  return { ...rest, headers };
}

async function sonataFlow(): Promise<OracleTarget> {
  const control = process.env.SONATAFLOW_TEST_CONTROL!;
  const { service } = await (await fetch(control)).json();
  const engine = createSonataFlowEngine({
    config: { id: 'sonataflow', dataIndexUrl: new URL(service) },
    logger: mockServices.logger.mock(),
  });
  let since = new Date().toISOString();
  return {
    engine,
    stub: {
      reset: async script => {
        await fetch(`${control}/stub`, {
          method: 'PUT',
          body: JSON.stringify(script),
        });
        since = new Date().toISOString();
      },
      seen: async () => {
        const { calls, emitted } = await (
          await fetch(`${control}/stub`)
        ).json();
        return {
          calls: calls.map(callOf),
          emitted: emitted.map(
            ({ body, headers }: { body: unknown; headers: object }) => ({
              mode: 'binary',
              type: Reflect.get(headers, 'ce-type'),
              source: Reflect.get(headers, 'ce-source'),
              data: body,
            }),
          ),
        };
      },
    },
    send: async event => {
      await fetch(`${service}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify({
          specversion: '1.0',
          id: randomUUID(),
          datacontenttype: 'application/json',
          ...event,
        }),
      });
    },
    startedByEvents: async (definitionId, count) => {
      const deadline = Date.now() + START_MS;
      for (;;) {
        const ids = await idsIn(service, {
          processId: { equal: definitionId },
          start: { greaterThanEqual: since },
        });
        if (ids.length >= count || Date.now() > deadline) return ids;
        await pause(LOOK_MS);
      }
    },
    childrenOf: runId =>
      idsIn(service, { parentProcessInstanceId: { equal: runId } }),
    // Nothing tells when it is done: the recording waited as well.
    wait: (_, milliseconds) => pause(milliseconds).then(() => {}),
    close: () => engine.stop(),
  };
}

const indexed = <T extends OracleRun | OracleChild>(run: T): T =>
  'dataIndex' in run ? { ...run, workflowdata: run.dataIndex ?? null } : run;

/** What was recorded, as the Data Index shows it and as it is: an active run can be asked for at the runtime. */
function outcomes(name: string, recorded: OracleCase): OracleOutcome[] {
  return [recorded.expect, ...(recorded.expectAlso ?? [])].flatMap(one => [
    { ...indexed(one), others: one.others?.map(indexed), ...differences[name] },
    { ...truthOf(name, one), ...differences[name] },
  ]);
}

describeOracle('SonataFlow', sonataFlow, outcomes);
