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

import type { BenchOptions } from '../BenchOptions';
import type { BenchServer } from '../BenchServer';
import type { LoadRequest } from '../load';
import { always, type Measured, measureInRounds } from '../rounds';
import { formatTable, milliseconds, perSecond, ratio } from '../table';

function bearer(url: string, token: string): LoadRequest {
  return { url, headers: { Authorization: `Bearer ${token}` } };
}

/** Plugin tokens, each of which is sent once. */
function signedAnew(
  server: BenchServer,
  target: string,
  url: string,
  options: BenchOptions,
): Measured['prepare'] {
  return async () => {
    const tokens = await server.pluginTokens(target, options.freshTokens);
    return () => {
      const token = tokens.pop();
      return token === undefined ? undefined : bearer(url, token);
    };
  };
}

/**
 * `whoami` by each kind of caller against an open route with the same body, and by plugin tokens that are new to the server against a
 * route behind Backstage's barrier.
 */
export async function benchCallers(
  server: BenchServer,
  options: BenchOptions,
): Promise<string> {
  const whoami = `${server.orchestrator}/v2/whoami`;
  const [pluginToken] = await server.pluginTokens('orchestrator', 1);
  const callers = {
    user: await server.userToken('user:default/alice'),
    plugin: pluginToken,
    'static token': server.staticToken(),
  };
  const things: Measured[] = [];
  for (const [name, token] of Object.entries(callers)) {
    const key = name.replace(' ', '-');
    await server.putBody(key, await server.call(token, 'GET', '/v2/whoami'));
    const open = `open route, body of the ${name}`;
    things.push(
      { name: open, prepare: always({ url: `${server.bench}/open/${key}` }) },
      {
        name: `whoami, ${name}`,
        prepare: always(bearer(whoami, token)),
        against: open,
      },
    );
  }
  const barrier = 'barrier, plugin token signed anew';
  things.push(
    {
      name: barrier,
      prepare: signedAnew(
        server,
        'bench',
        `${server.bench}/guarded/plugin`,
        options,
      ),
    },
    {
      name: 'whoami, plugin token signed anew',
      prepare: signedAnew(server, 'orchestrator', whoami, options),
      against: barrier,
    },
  );
  const measurements = await measureInRounds(things, options);
  return formatTable(
    'Who calls: each row against the one above it',
    ['route', 'requests/s', 'p50 ms', 'p99 ms', 'ratio'],
    measurements.map(one => [
      one.name,
      perSecond(one.requestsPerSecond),
      milliseconds(one.p50),
      milliseconds(one.p99),
      one.ratio === undefined ? '' : ratio(one.ratio),
    ]),
  );
}
