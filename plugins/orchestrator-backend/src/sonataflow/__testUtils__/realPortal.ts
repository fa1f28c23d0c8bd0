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

import type { AuthService } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import sonataFlow from '@flowgate/backstage-plugin-orchestrator-backend-module-sonataflow';
import type { Knex } from 'knex';
import { startTestPortal } from '../../__testUtils__/TestPortal';
import type { RealSonataFlow } from './RealSonataFlow';

/** What our backend answered. */
export interface Answer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON of any route
  readonly body: any;
}

/** A backend in front of a SonataFlow, as its users see it. */
export interface RealPortal {
  /** Calls a route below `/v2/workflows` as a user of the catalog. */
  as(
    user: string,
    method: string,
    route: string,
    body?: JsonObject,
  ): Promise<Answer>;
  /** The token with which a user calls. */
  tokenOf(user: string): Promise<string>;
  /** Another plugin of the backend, to which workflows are given tokens. */
  readonly helpdesk: AuthService;
  /** Starts a run as a user; gives its id. */
  start(user: string, workflowId: string, input?: JsonObject): Promise<string>;
  /** Asks for a run as a user. */
  get(user: string, id: string): Promise<Answer>;
  /** The ids of the runs that a user sees: all, or those that a filter lets through. */
  list(user: string, filters?: JsonObject): Promise<string[]>;
  /** Waits until a user's list has a run in a state. */
  untilListed(user: string, id: string, state: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a backend as operators configure it; carol is its administrator. */
export async function startRealPortal(
  real: RealSonataFlow,
  knex: Knex,
): Promise<RealPortal> {
  const portal = await startTestPortal({
    knex,
    features: [sonataFlow],
    callers: ['helpdesk'],
    config: {
      orchestrator: {
        auth: { admins: ['user:default/carol'] },
        dataIndexService: { url: real.service },
        sonataflow: {
          timeout: { seconds: 5 },
          startTimeout: { seconds: 10 },
          events: { url: `${real.service}/events` },
          authTokens: { hosts: ['127.0.0.1'], providers: ['github'] },
          forwardToken: { hosts: ['127.0.0.1'], plugins: ['helpdesk'] },
        },
      },
    },
  });
  const tokenOf = (user: string) =>
    portal.issuer.userToken(`user:default/${user}`);
  const as: RealPortal['as'] = async (user, method, route, body) => {
    const token = await tokenOf(user);
    const response = await fetch(`${portal.url}/v2/workflows${route}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body ? { 'Content-Type': 'application/json' } : {}),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      body: isJson && text ? JSON.parse(text) : text,
    };
  };
  const list: RealPortal['list'] = async (user, filters) => {
    const { status, body } = await as(
      user,
      'POST',
      '/instances',
      filters ? { filters } : {},
    );
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body.items.map(({ id }: { id: string }) => id);
  };
  return {
    as,
    list,
    get: (user, id) => as(user, 'GET', `/instances/${id}`),
    async untilListed(user, id, state) {
      const filters = { field: 'state', operator: 'EQ', value: state };
      await until(async () => (await list(user, filters)).includes(id));
    },
    tokenOf,
    helpdesk: portal.callers.helpdesk.auth,
    async start(user, workflowId, inputData = {}) {
      const answer = await as(user, 'POST', `/${workflowId}/execute`, {
        inputData,
        targetEntity: 'component:default/website',
      });
      if (answer.status !== 200) {
        throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
      }
      return answer.body.id;
    },
    stop: () => portal.stop(),
  };
}

/** Asks until the answer is there; the test's own time-out ends it where it never comes. */
export async function until<T>(
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise(resolve => {
      setTimeout(resolve, 100);
    });
  }
}
