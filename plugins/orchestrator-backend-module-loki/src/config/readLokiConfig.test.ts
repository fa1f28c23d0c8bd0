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

import { ConfigReader } from '@backstage/config';
import type { JsonObject } from '@backstage/types';
import { readLokiConfig } from './readLokiConfig';

const plain = { baseUrl: 'https://loki.example.com', token: 't0ken' };

function read(loki: JsonObject | undefined, isProduction = true) {
  const workflowLogProvider = loki ? { loki } : {};
  return readLokiConfig(
    new ConfigReader({ orchestrator: { workflowLogProvider } }),
    isProduction,
  );
}

/** What a reading that is refused says; undefined for one that is not. */
function messageOf(reading: () => unknown): string | undefined {
  try {
    reading();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the configuration of Loki', () => {
  it('is nothing where nothing is there', () => {
    expect(read(undefined)).toBeUndefined();
    expect(readLokiConfig(new ConfigReader({}), true)).toBeUndefined();
  });

  it("has the defaults of Red Hat's", () => {
    expect(read(plain)).toEqual({
      baseUrl: 'https://loki.example.com',
      token: 't0ken',
      rejectUnauthorized: true,
      selectors: [{ label: 'openshift_log_type', matcher: '="application"' }],
      stages: [],
      limit: 100,
      timeout: 10_000,
      maxResponseBytes: 10_000_000,
      unknownKeys: [],
    });
  });

  it('takes every key, and names those that nobody knows', () => {
    expect(
      read({
        baseUrl: ' https://Loki.Example.com/tenant// ',
        token: 't0ken',
        allowedHosts: ['other', '.example.com'],
        rejectUnauthorized: false,
        logStreamSelectors: [
          { label: 'app', value: '=~"shop-.+"' },
          { value: '!=`x`' },
          {},
        ],
        logPipelineFilters: [' | json ', '!= "debug"'],
        limit: 5,
        timeout: '3s',
        maxResponseBytes: 1000,
        retries: 3,
      }),
    ).toEqual({
      baseUrl: 'https://loki.example.com/tenant',
      token: 't0ken',
      rejectUnauthorized: false,
      selectors: [
        { label: 'app', matcher: '=~"shop-.+"' },
        { label: 'openshift_log_type', matcher: '!=`x`' },
        { label: 'openshift_log_type', matcher: '="application"' },
      ],
      stages: ['| json', '!= "debug"'],
      limit: 5,
      timeout: 3_000,
      maxResponseBytes: 1_000,
      unknownKeys: ['orchestrator.workflowLogProvider.loki.retries'],
    });
  });

  it.each([
    ['loki.example.com', 'loki.example.com', true],
    ['LOKI.example.com', 'loki.EXAMPLE.com', true],
    ['.example.com', 'loki.example.com', true],
    ['.example.com', 'example.com', true],
    ['.example.com', 'loki.badexample.com', false],
    ['.example.com', 'example.com.evil.org', false],
    ['example.com', 'loki.example.com', false],
  ])('with allowedHosts [%s] takes %s: %s', (entry, host, isTaken) => {
    const reading = () =>
      read({ ...plain, baseUrl: `https://${host}`, allowedHosts: [entry] });
    expect(messageOf(reading)).toBe(
      isTaken
        ? undefined
        : 'The host of orchestrator.workflowLogProvider.loki.baseUrl is none of allowedHosts',
    );
  });

  it('takes http:// outside of production, or where that is said to be good', () => {
    const baseUrl = 'http://loki:3100';
    expect(read({ ...plain, baseUrl }, false)?.baseUrl).toBe(baseUrl);
    expect(() => read({ ...plain, baseUrl })).toThrow('in production');
    expect(read({ ...plain, baseUrl, allowInsecureHttp: true })?.baseUrl).toBe(
      baseUrl,
    );
  });

  it.each<[JsonObject, string]>([
    [{ baseUrl: 'loki' }, 'loki.baseUrl must be an absolute URL'],
    [{ baseUrl: 'ftp://loki' }, 'loki.baseUrl must begin with https://'],
    [{ baseUrl: 'https://a:b@loki' }, 'must not have a user or a password'],
    [{ baseUrl: 'https://loki/?a=b' }, 'must not have a query'],
    [{ baseUrl: 'https://loki/#a' }, 'must not have a query'],
    [{ token: 'a b' }, 'loki.token must have visible'],
    [{ token: 'a\r\nX: y' }, 'loki.token must have visible'],
    [{ limit: 0 }, 'loki.limit must be a whole number'],
    [{ limit: 1.5 }, 'loki.limit must be a whole number'],
    [{ timeout: '2 minutes' }, 'loki.timeout must be'],
    [{ timeout: { seconds: 0 } }, 'loki.timeout must be'],
    [{ maxResponseBytes: -1 }, 'loki.maxResponseBytes must be'],
    [
      { logStreamSelectors: [{ label: 'a"b' }] },
      'loki.logStreamSelectors[0].label must have letters',
    ],
    [{ logStreamSelectors: [{ label: '1a' }] }, '[0].label'],
    [{ logStreamSelectors: [{ value: 'x' }] }, '[0].value must be'],
    [{ logStreamSelectors: [{ value: '="a"} or {b="c"' }] }, '[0].value'],
    [{ logStreamSelectors: [{ value: '="a\n"' }] }, '[0].value'],
    [{ logStreamSelectors: [{}, { value: '="a\\"' }] }, '[1].value'],
    [{ logPipelineFilters: ['json'] }, 'logPipelineFilters[0] must begin'],
    [{ logPipelineFilters: ['or "x"'] }, 'must begin with |'],
    [{ logPipelineFilters: ['| json\n| x'] }, 'must not have line breaks'],
    [{ logPipelineFilters: ['| json } | {'] }, 'must not have {, } or #'],
    [{ logPipelineFilters: ['| json # no more'] }, 'must not have {, } or #'],
    [{ logPipelineFilters: ['|= "x'] }, 'a quoted text that does not end'],
    [{ logPipelineFilters: ['|= "x\\"'] }, 'a quoted text that does not end'],
    [{ logPipelineFilters: ['|= `x'] }, 'a quoted text that does not end'],
  ])('refuses %j', (wrong, message) => {
    expect(() => read({ ...plain, ...wrong })).toThrow(message);
  });

  it('takes braces within quotes', () => {
    const stage = '| line_format "{{.a}} \\" # {" | label_format a=`{{.b}}`';
    expect(read({ ...plain, logPipelineFilters: [stage] })?.stages).toEqual([
      stage,
    ]);
  });

  it.each(['baseUrl', 'token'])('needs %s, and shows no secret', key => {
    const { [key as 'token']: _left, ...rest } = plain;
    expect(() => read(rest)).toThrow(`loki.${key}`);
    const message = messageOf(() =>
      read({ ...plain, baseUrl: 'https://user:s3cret@loki' }),
    );
    expect(message).toContain('loki.baseUrl');
    expect(message).not.toContain('s3cret');
  });
});
