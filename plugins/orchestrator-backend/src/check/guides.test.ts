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

import type { JsonObject } from '@backstage/types';
import {
  isAllowedWorkflowIdRule,
  orchestratorPermissions,
  RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
} from '@flowgate/backstage-plugin-orchestrator-common';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { checkConfig } from './checkConfig';
import { certificate } from './__testUtils__/certificate';

const docs = path.join(__dirname, '../../../../docs');
const read = (file: string) => fs.readFileSync(path.join(docs, file), 'utf8');
const guide = read('migrate-from-rhdh.md');
const guides = {
  'migrate-from-rhdh.md': guide,
  'growth.md': read('growth.md'),
};

/** The blocks of YAML in a text; those within lists without their indentation. */
const blocksOf = (text: string): JsonObject[] =>
  [...text.matchAll(/^( *)```yaml\n([^]*?)^\1```$/gm)].map(
    ([, indentation, block]) =>
      parse(block.replaceAll(new RegExp(`^${indentation}`, 'gm'), '')),
  );
const blocks = Object.values(guides).flatMap(blocksOf);

const isConfig = (block: JsonObject) =>
  ['orchestrator', 'permission', 'backend'].some(key => key in block);

const base = {
  backend: { baseUrl: 'https://portal.example.com' },
};

/** What the environment could have under a name. */
function valueOf(variable: string): string {
  if (variable.endsWith('_CERT')) return certificate.cert;
  if (variable.endsWith('_KEY')) return certificate.key;
  return 'a-value-of-the-environment';
}

/** What the check says of a configuration with nothing beside it that the orchestrator reads. */
async function check(config: JsonObject) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'guide-'));
  try {
    // YAML is a superset of JSON.
    fs.writeFileSync(path.join(folder, 'base.yaml'), JSON.stringify(base));
    fs.writeFileSync(path.join(folder, 'it.yaml'), JSON.stringify(config));
    const env = Object.fromEntries(
      [...JSON.stringify(config).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [
        name,
        valueOf(name),
      ]),
    );
    const printed: string[] = [];
    const code = await checkConfig(
      ['--config', 'base.yaml', '--config', 'it.yaml'],
      { env, folder, print: text => printed.push(text) },
    );
    return { code, text: printed.join('\n') };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

describe('the guides', () => {
  const configs = blocks.filter(isConfig);

  it('has the examples that are tested here', () => {
    expect(configs.length).toBeGreaterThanOrEqual(10);
    expect(blocks.length - configs.length).toBe(4);
  });

  it.each(configs.map(config => [config]))(
    'has an example that would start, with keys that are read: %j',
    async config => {
      const { code, text } = await check(config);
      expect(text).not.toMatch(
        /not known|Nothing reads|not carried|^ {2}refuses/m,
      );
      expect(code).toBe(0);
    },
  );

  it('has an example for Red Hat Developer Hub whose configuration would start', async () => {
    const [{ plugins }] = blocks.filter(block => 'plugins' in block) as {
      plugins: { disabled: boolean; pluginConfig?: JsonObject }[];
    }[];
    expect(plugins.map(({ disabled }) => disabled)).toEqual([true, false]);
    expect((await check(plugins[1].pluginConfig!)).code).toBe(0);
  });

  it('has a condition with the names of ours', () => {
    const [condition] = blocks.filter(block => 'roleEntityRef' in block);
    expect(condition).toMatchObject({
      result: 'CONDITIONAL',
      pluginId: 'orchestrator',
      resourceType: RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
      permissionMapping: ['read', 'update'],
      conditions: {
        rule: isAllowedWorkflowIdRule.name,
        resourceType: RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW,
        params: { workflowIds: ['build'] },
      },
    });
  });

  it('means by the actions of a condition what it says', () => {
    // RBAC takes the first permission of a resource type and an action.
    const first = (action: string) =>
      orchestratorPermissions.find(
        permission =>
          'resourceType' in permission &&
          permission.resourceType === RESOURCE_TYPE_ORCHESTRATOR_WORKFLOW &&
          permission.attributes.action === action,
      )?.name;
    expect(first('read')).toBe('orchestrator.workflow');
    expect(first('update')).toBe('orchestrator.workflow.use');
  });

  it('names every key of Red Hat that the check knows', () => {
    for (const key of [
      'dataIndexService.url',
      'contentLengthLimit',
      'workflowLogProvider.loki',
      'workflowInstancePage',
      'kafka',
      'sonataFlowService',
    ]) {
      expect(guide).toContain(`| \`orchestrator.${key}`);
    }
  });

  it.each(Object.entries(guides))('%s has no link into the void', (_, text) => {
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading
        .toLocaleLowerCase('en-US')
        .replaceAll(/[^\p{L}\p{N}\- ]/gu, '')
        .replaceAll(' ', '-'),
    );
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, to]) => to);
    expect(links.filter(link => !anchors.includes(link))).toEqual([]);
    const files = [...text.matchAll(/\]\(([^#):]+\.md)/g)].map(([, to]) => to);
    expect(files.filter(file => !fs.existsSync(path.join(docs, file)))).toEqual(
      [],
    );
  });
});
