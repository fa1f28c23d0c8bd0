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

import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkDefinitions } from './checkDefinitions';
import { runDefinitionsCheck } from './runDefinitionsCheck';

const oracle = path.join(__dirname, '..', '__fixtures__', 'oracle');

/** What the command says, and the code that it ends with. */
async function run(
  folder: string,
  env: Record<string, string>,
  ...argv: string[]
) {
  const lines: string[] = [];
  const code = await runDefinitionsCheck(argv, {
    env,
    folder,
    print: text => lines.push(text),
  });
  return { code, output: lines.join('\n') };
}

describe('checkDefinitions', () => {
  it('finds what SonataFlow runs supported, without a configuration', async () => {
    const checks = await checkDefinitions(path.join(oracle, 'definitions'));
    expect(checks.map(({ file }) => file)).toEqual(
      readdirSync(path.join(oracle, 'definitions'))
        .filter(file => file.endsWith('.sw.yaml'))
        .sort(),
    );
    expect(
      checks.filter(({ supported }) => !supported).map(({ id }) => id),
    ).toEqual(['exprArgs']);
    expect(checks.find(({ id }) => id === 'restOpenapi')).toMatchObject({
      faults: [],
      warnings: [],
      notes: expect.arrayContaining([
        expect.stringContaining('embedded.openapi.stub.baseUrl'),
        expect.stringContaining('embedded.functions.post.baseUrl'),
      ]),
    });
  });

  it('names what it refuses, and where', async () => {
    const checks = await checkDefinitions(path.join(oracle, 'refused'));
    const supported = checks.filter(check => check.supported);
    expect(supported.map(({ id }) => id)).toEqual([
      'x-loop-to-start',
      'x-parallel-noname',
      'x-rest-dash',
    ]);
    expect(checks.find(({ id }) => id === 'x-graphql')?.faults).toEqual([
      {
        path: '/functions/0',
        message:
          'function type graphql (function s) is not supported by the embedded engine',
      },
    ]);
    expect(checks.find(({ id }) => id === 'x-subflow-missing')?.faults).toEqual(
      [
        {
          path: '/states/A/actions/0/subFlowRef',
          message: 'there is no workflow nowhere',
        },
      ],
    );
  });
});

describe('runDefinitionsCheck', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'check-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const put = (name: string, text: string) =>
    writeFile(path.join(folder, name), text);

  const DEPLOY = `
id: deploy
start: A
secrets: [token]
functions:
  - { name: get, type: custom, operation: 'rest:get:/x' }
  - { name: list, operation: 'https://docs.test/api.yaml#list' }
states:
  - name: A
    type: operation
    actions:
      - functionRef: { refName: get, arguments: { HEADER_X: $SECRET.token } }
      - functionRef: list
      - subFlowRef: pay
    end: true
`;
  const PAY = `
id: pay
metadata: { workspace: payments }
start: A
states: [{ name: A, type: inject, data: {}, end: true }]
`;

  it('notes what only the configuration can say', async () => {
    await put('deploy.sw.yaml', DEPLOY);
    await put('pay.sw.yaml', PAY);
    const { code, output } = await run(folder, {}, '.');
    expect(output.split('\n')).toEqual([
      'deploy.sw.yaml (deploy): supported',
      '  note     /functions/0/operation: has a path and no host; set orchestrator.engines.embedded.functions.get.baseUrl, or write the whole address',
      '  note     /functions/1/operation: "https://docs.test/api.yaml": is not read by the check; the engine reads it when it loads the definition',
      '  note     /secrets/0: orchestrator.engines.embedded.secrets gives this workflow no secret named "token"',
      '  note     this workflow has no secret named "token"; calls that read it will fail',
      '  note     starts a workflow of the workspace payments; orchestrator.engines.embedded.events.crossWorkspace must list { from: default, to: payments }',
      'pay.sw.yaml (pay): supported',
      '',
      '2 definitions: 2 supported, 0 refused',
    ]);
    expect(code).toBe(0);
  });

  it('checks against a configuration, and repeats none of its secrets', async () => {
    await put('deploy.sw.yaml', DEPLOY);
    await put('pay.sw.yaml', PAY);
    await put(
      'app-config.yaml',
      `
orchestrator:
  engines:
    embedded:
      secrets:
        token: { value: '\${TOKEN}', workflows: [deploy] }
      functions: { get: { baseUrl: 'https://api.test' } }
`,
    );
    const config = ['--config', 'app-config.yaml'];
    const strict = await run(
      folder,
      { TOKEN: 'hunter2-token' },
      '.',
      ...config,
    );
    expect(strict.code).toBe(1);
    expect(strict.output).toContain(
      '  refused  /states/A/actions/2/subFlowRef: there is no workflow pay',
    );
    expect(strict.output).toMatch(
      /warning .* orchestrator\.engines\.embedded\.egress does not list/,
    );
    expect(strict.output).not.toContain('hunter2');

    // It needs no value of a secret.
    const inside = await run(
      folder,
      {},
      '.',
      ...config,
      '--workspace',
      'payments',
    );
    expect(inside.output).toContain(
      '  refused  /secrets/0: orchestrator.engines.embedded.secrets gives this workflow no secret named "token"',
    );
  });

  it('says what it cannot read', async () => {
    await put('broken.sw.json', '{"id": ');
    await put('other.sw.json', '{"states": []}');
    const { code, output } = await run(folder, {}, '.');
    expect(code).toBe(1);
    expect(output).toMatch(/broken\.sw\.json: refused\n {2}refused {2}line 1/);
    expect(output).toMatch(
      /other\.sw\.json: refused\n {2}refused {2}it has no id/,
    );
  });

  it.each<[string, string[], RegExp]>([
    ['no folder', [], /name one folder/],
    ['two folders', ['a', 'b'], /name one folder/],
    ['an option that nobody knows', ['.', '--fast'], /--fast/],
    ['nothing to check', ['.'], /there is no definition in \./],
    [
      'a configuration that is missing',
      ['.', '--config', 'no.yaml'],
      /configuration cannot be read: no\.yaml/,
    ],
  ])('cannot tell with %s', async (_name, argv, message) => {
    const { code, output } = await run(folder, {}, ...argv);
    expect(code).toBe(2);
    expect(output).toMatch(message);
  });

  it('refuses a folder that is missing', async () => {
    const { code, output } = await run(folder, {}, 'nowhere');
    expect(code).toBe(1);
    expect(output).toContain('cannot be read: ENOENT');
  });
});
