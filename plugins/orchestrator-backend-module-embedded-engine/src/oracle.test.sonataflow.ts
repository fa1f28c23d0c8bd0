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
import {
  describeOracle,
  type OracleTarget,
} from './__testUtils__/oracle/describeOracle';
import { withoutStartHeaders } from './__testUtils__/oracle/embeddedDifferences';
import type {
  OracleOutcome,
  OracleServiceCall,
} from './__testUtils__/oracle/oracleCases';

/*
 * The cases that oracle.test.ts replays against the embedded engine, replayed through our engine on a running SonataFlow
 * (yarn test:sonataflow). What comes must be what was recorded, but that
 * - no header of whoever starts a run reaches it;
 * - a start that names its initiator wraps the input, and SonataFlow drops what is null in a wrapped input;
 * - a run that has ended has the data that the Data Index shows, which can be a merge of what it had at different times.
 */

const differences: Readonly<Record<string, Partial<OracleOutcome>>> = {
  ...withoutStartHeaders,
  '01-action-no-to-null': { workflowdata: { case: 'no-to' } },
  '01-action-to-null-over-value': { workflowdata: { case: 'to-a', a: null } },
  '03-truth-null': { workflowdata: { case: 'truth', took: 'no' } },
};

async function sonataFlow(): Promise<OracleTarget> {
  const control = process.env.SONATAFLOW_TEST_CONTROL!;
  const { service } = await (await fetch(control)).json();
  const engine = createSonataFlowEngine({
    config: { id: 'sonataflow', dataIndexUrl: new URL(service) },
    logger: mockServices.logger.mock(),
  });
  return {
    engine,
    stub: {
      reset: script =>
        fetch(`${control}/stub`, {
          method: 'PUT',
          body: JSON.stringify(script),
        }),
      calls: async () => {
        const { calls } = await (await fetch(`${control}/stub`)).json();
        return calls.map(
          ({
            rawHeaders: _,
            ...rest
          }: OracleServiceCall & { rawHeaders: unknown }) => rest,
        );
      },
    },
    close: () => engine.stop(),
  };
}

describeOracle('SonataFlow', sonataFlow, (name, recorded) => ({
  ...recorded,
  ...(recorded.dataIndex === undefined
    ? {}
    : { workflowdata: recorded.dataIndex }),
  ...differences[name],
}));
