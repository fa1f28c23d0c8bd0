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

import type { Config } from '@backstage/config';
import type { AuthConfig } from '../config/AuthConfig';
import { entriesOf, type ExternalEntry } from '../config/externalAccess';
import type { AccessRestrictions } from '../gate/Principal';
import type { Finding } from './CheckReport';
import { Holdings } from './Holdings';

const PLUGIN_ID = 'orchestrator';

/** Backstage takes these as a list, or as one text with commas and spaces. */
function readNames(config: Config, key: string): string[] | undefined {
  const value = config.getOptional(key);
  if (value === undefined) return undefined;
  const names = [value].flat().join(' ').split(/[ ,]+/).filter(Boolean);
  return names.length > 0 ? names : undefined;
}

/** What an entry says of this plugin; undefined where it says nothing. */
function restrictionsOf({
  entry,
}: ExternalEntry): AccessRestrictions | undefined {
  const ours = (entry.getOptionalConfigArray('accessRestrictions') ?? []).find(
    restriction => restriction.getOptionalString('plugin') === PLUGIN_ID,
  );
  if (!ours) return undefined;
  return {
    permissionNames: readNames(ours, 'permission'),
    permissionAttributes: {
      action: readNames(ours, 'permissionAttribute.action'),
    },
  };
}

/** The subject of an entry's tokens, as far as the configuration tells. */
function subjectOf({ type, subject, subjectPrefix }: ExternalEntry): string {
  if (type === 'jwks') {
    return ['external', subjectPrefix, '<sub>'].filter(Boolean).join(':');
  }
  return subject ?? '<subject>';
}

function exampleGrant(subject: string): string {
  return [
    'orchestrator:',
    '  auth:',
    '    grants:',
    `      ${subject.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '')}:`,
    `        match: { external: ${JSON.stringify(subject)} }`,
    '        scopes: [workflows:read, workflows:execute, instances:read, instances:write]',
  ].join('\n');
}

function checkEntry(entry: ExternalEntry, holdings: Holdings): Finding {
  const subject = subjectOf(entry);
  const who = `external:${subject} (${entry.key}, ${entry.type})`;
  if (!entry.reaches(PLUGIN_ID)) {
    return {
      level: 'ok',
      text: `${who} cannot reach the orchestrator: its accessRestrictions name other plugins.`,
    };
  }
  const held = holdings.describe({
    type: 'external',
    ref: `external:${subject}`,
    groups: [],
    accessRestrictions: restrictionsOf(entry),
  });
  if (held !== undefined) {
    return { level: 'ok', text: `${who} would hold ${held}.` };
  }
  return {
    level: 'change',
    text: `${who} would hold nothing: external callers need a grant, or accessRestrictions that name the plugin orchestrator. If it starts workflows:`,
    example: exampleGrant(subject),
  };
}

/** Who could call the orchestrator, and what each would hold before the permission policy is asked. */
export function checkCallers(config: Config, auth: AuthConfig): Finding[] {
  const holdings = new Holdings(auth);
  const nobody = 'nothing: the built-in defaults are off';
  const user = holdings.describe({
    type: 'user',
    ref: 'user:default/somebody',
    groups: [],
  });
  const plugin = holdings.describe({
    type: 'plugin',
    ref: 'plugin:some-plugin',
    groups: [],
  });
  return [
    {
      level: 'ok',
      text: `Users whom no grant names would hold ${user ?? nobody}.`,
    },
    {
      level: 'ok',
      text: `Plugins whom no grant names would hold ${
        plugin ?? nobody
      }. The plugins scaffolder and mcp-actions hold nothing for themselves; what they do on behalf of a user, the user does.`,
    },
    ...entriesOf(config).map(entry => checkEntry(entry, holdings)),
  ];
}
