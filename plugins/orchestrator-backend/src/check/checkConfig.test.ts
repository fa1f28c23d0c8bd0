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
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { readAuthConfig } from '../config/readAuthConfig';
import { check, SECRETS } from './__testUtils__/check';

/** The lines of configuration below the finding that has a text. */
function exampleBelow(text: string, finding: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex(line => line.includes(finding));
  if (at < 0) throw new Error(`Nothing was found of ${finding}`);
  const rest = lines.slice(at + 1);
  const end = rest.findIndex(line => !/^ {13}/.test(line));
  return rest
    .slice(0, end < 0 ? undefined : end)
    .map(line => line.slice(13))
    .join('\n');
}

describe('checkConfig', () => {
  it("says of every key of Red Hat's plugin what becomes of it", async () => {
    const { code, text } = await check(['--config', 'rhdh.yaml']);
    expect(code).toBe(0);
    expect(text).toContain(
      'ok       Engine "sonataflow": SonataFlow behind a Data Index; no events',
    );
    expect(text).toContain(
      'note     Engine "sonataflow" asks whatever host its Data Index names',
    );
    expect(text).toContain(
      'ok       orchestrator.dataIndexService.url is carried',
    );
    expect(text).toContain(
      'ok       orchestrator.contentLengthLimit is carried: bodies may have 10485760 bytes.',
    );
    expect(text).toMatch(
      /change {3}The configuration key orchestrator\.kafka is not carried: .*orchestrator\.sonataflow\.events\.url/,
    );
    expect(text).toMatch(
      /change {3}The configuration key orchestrator\.sonataFlowService is not carried/,
    );
    expect(text).toContain(
      "orchestrator.workflowInstancePage is left to Red Hat's pages",
    );
    expect(
      exampleBelow(text, 'orchestrator.workflowLogProvider.loki is carried'),
    ).toBe(
      "backend.add(import('@flowgate/backstage-plugin-orchestrator-backend-module-loki'));",
    );
    expect(text).toMatch(/The backend would start; \d+ to change\.$/);
  });

  it('says who could call, and how to give something to who would hold nothing', async () => {
    const { text } = await check(['--config', 'rhdh.yaml']);
    expect(text).toContain(
      'external:nightly-job (backend.auth.externalAccess[1], static) would hold workflows:read, workflows:execute, instances:read, instances:write (defaults).',
    );
    expect(text).toContain(
      'external:catalog-sync (backend.auth.externalAccess[2], static) cannot reach the orchestrator',
    );
    expect(text).toContain(
      'external:external:idp:<sub> (backend.auth.externalAccess[3], jwks) would hold nothing',
    );
    const example = exampleBelow(
      text,
      'external:legacy-default-config (backend.auth.externalAccess[0], legacy) would hold nothing',
    );
    expect(
      readAuthConfig(new ConfigReader(parse(example))).grants,
    ).toMatchObject([
      {
        name: 'legacy-default-config',
        match: { external: 'legacy-default-config' },
      },
    ]);
  });

  it('reads files over each other, and takes what they say into account', async () => {
    const { code, text } = await check([
      '--config',
      'rhdh.yaml',
      '--config',
      'grants.yaml',
    ]);
    expect(code).toBe(0);
    expect(text).toContain(
      'external:legacy-default-config (backend.auth.externalAccess[0], legacy) would hold workflows:execute:nightly, instances:read in the workspaces [default] (grant backend-scripts).',
    );
    expect(text).toContain(
      'Engine "sonataflow": SonataFlow behind a Data Index; starts and signals by event; tokens of users for catalog; callers\' authTokens go to the listed hosts; runs from before 2026-06-01T00:00:00.000Z keep their owner.',
    );
    expect(text).toContain(
      'permission.rbac.admin.superUsers may see the runs of others, and its members hold instances:admin.',
    );
  });

  it('finds per-workflow permissions, and writes the conditions that take their place', async () => {
    const { text } = await check([
      '--config',
      'rhdh.yaml',
      '--rbac',
      'rbac-policy.csv',
    ]);
    const condition = (action: string, workflowIds: string[]) => ({
      result: 'CONDITIONAL',
      roleEntityRef: 'role:default/ci',
      pluginId: 'orchestrator',
      resourceType: 'orchestrator-workflow',
      permissionMapping: [action],
      conditions: {
        rule: 'IS_ALLOWED_WORKFLOW_ID',
        resourceType: 'orchestrator-workflow',
        params: { workflowIds },
      },
    });
    // With the action `read`, use.deploy is the id of a workflow.
    expect(
      parse(
        exampleBelow(
          text,
          'role:default/ci: nobody asks for orchestrator.workflow.build, orchestrator.workflow.use.deploy here',
        ),
      ),
    ).toEqual(condition('read', ['build', 'use.deploy']));
    expect(
      parse(
        exampleBelow(
          text,
          'role:default/ci: nobody asks for orchestrator.workflow.use.build here',
        ),
      ),
    ).toEqual(condition('update', ['build']));
    expect(text).toContain(
      'role:default/support: orchestrator.workflow.greeting change nothing',
    );
  });

  it('finds who sees the runs of others, and gives them the scope without taking the defaults away', async () => {
    const { text } = await check([
      '--config',
      'rhdh.yaml',
      '--rbac',
      'rbac-policy.csv',
    ]);
    const example = exampleBelow(
      text,
      'role:default/support sees the runs of others',
    );
    const [grant] = readAuthConfig(new ConfigReader(parse(example))).grants;
    expect(grant.match).toEqual({ group: 'group:default/support' });
    expect(grant.scopes.map(({ scope }) => scope)).toEqual([
      'workflows:read',
      'workflows:execute',
      'instances:read',
      'instances:write',
      'tokens:read',
      'tokens:write',
      'instances:admin',
    ]);
    expect(
      exampleBelow(
        text,
        'permission.rbac.admin.superUsers sees the runs of others',
      ),
    ).toContain('match: { user: "user:default/root" }');
  });

  it('says what RBAC lacks', async () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), 'check-'));
    try {
      fs.writeFileSync(
        path.join(root, 'app-config.yaml'),
        'backend: { baseUrl: "http://localhost:7007" }\npermission: { enabled: true, rbac: { pluginsWithPermission: [catalog] } }\n',
      );
      const { code, text } = await check([], { folder: root });
      expect(code).toBe(0);
      expect(text).toContain(
        'RBAC does not know the permissions of the orchestrator',
      );
    } finally {
      fs.rmSync(root, { recursive: true });
    }
  });

  it('ends with 1 and every reason where the backend would refuse to start', async () => {
    const { code, text } = await check(['--config', 'refused.yaml']);
    expect(code).toBe(1);
    expect(text).toContain(
      'refuses  Invalid config: orchestrator.contentLengthLimit',
    );
    expect(text).toContain(
      'refuses  Invalid config: orchestrator.dataIndexService.url must not have credentials in it',
    );
    expect(text).toContain(
      'refuses  Invalid config: orchestrator.audit.retention must be at least one day',
    );
    expect(text).toMatch(
      /refuses {2}Invalid config: .*unknown scope "workflows:run".*unknown keys: workspace/,
    );
    expect(text).toContain(
      'refuses  Invalid config: orchestrator.instances.retention must be at least 24 hours',
    );
    expect(text).toMatch(/The backend would refuse to start: 7 to repair/);
    expect(text).toContain('workflowLogProvider names several providers');
    expect(text).toContain(
      'the subject "plugin:scaffolder" reads as a plugin or a user',
    );
    expect(text).not.toContain('never-to-be-printed');
  });

  it('prints no secret', async () => {
    const all = ['rhdh.yaml', 'grants.yaml'].flatMap(file => [
      '--config',
      file,
    ]);
    const { text } = await check([...all, '--rbac', 'rbac-policy.csv']);
    for (const secret of Object.values(SECRETS)) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toContain('data-index-service');
  });
});
