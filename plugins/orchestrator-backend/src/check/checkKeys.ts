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
import { readBodyLimits } from '../config/contentLengthLimit';
import { readAuditConfig } from '../config/readAuditConfig';
import { readSynchronous } from '../database/openDatabase';
import { LogProviders } from '../logs/LogProviders';
import type { Finding } from './CheckReport';

const LOKI = '@flowgate/backstage-plugin-orchestrator-backend-module-loki';

/** The log provider; as if the module of every one were there, which a configuration does not tell. */
export function checkLogProvider(config: Config): Finding[] {
  const ids =
    config.getOptionalConfig('orchestrator.workflowLogProvider')?.keys() ?? [];
  const providers = new LogProviders();
  for (const id of ids) {
    providers.add({
      getProviderId: () => id,
      getBaseURL: () => '',
      fetchWorkflowLogsByInstance: async ({ id: instanceId }) => ({
        instanceId,
        logs: [],
      }),
    });
  }
  providers.chosenBy(config);
  return ids.map(id => ({
    level: 'change',
    text:
      id === 'loki'
        ? `orchestrator.workflowLogProvider.loki is carried, with all its keys, by a package of its own; without it the backend refuses to start. Add to the backend:`
        : `orchestrator.workflowLogProvider.${id} needs the module that brings this provider; without it the backend refuses to start.`,
    example: id === 'loki' ? `backend.add(import('${LOKI}'));` : undefined,
  }));
}

/** The keys of Red Hat's plugin, beside those of engines, that mean the same here. */
export function checkCarriedKeys(config: Config): Finding[] {
  const has = (key: string) => config.has(`orchestrator.${key}`);
  const findings: Finding[] = [];
  if (has('dataIndexService')) {
    findings.push({
      level: 'ok',
      text: 'orchestrator.dataIndexService.url is carried: it makes the engine "sonataflow".',
    });
  }
  findings.push({
    level: 'ok',
    text: `orchestrator.contentLengthLimit is ${
      has('contentLengthLimit') ? 'carried' : 'not set'
    }: bodies may have ${readBodyLimits(config).body} bytes.`,
  });
  if (has('workflowInstancePage')) {
    findings.push({
      level: 'ok',
      text: "orchestrator.workflowInstancePage is left to Red Hat's pages, which go on reading it.",
    });
  }
  return findings;
}

/** What the plugin keeps, and for how long. */
export function checkStorage(config: Config): Finding[] {
  const { retentionMs } = readAuditConfig(config);
  readSynchronous(config);
  const days = Math.floor(retentionMs / 86_400_000);
  const kept: Finding = {
    level: 'ok',
    text: `Runs, tokens and the audit log (${days} days) are kept in the database of the plugin "orchestrator", whose tables the first start makes.`,
  };
  const isInMemory =
    config.getOptional('backend.database.connection') === ':memory:' ||
    config.getOptional('backend.database.connection.filename') === ':memory:';
  return isInMemory
    ? [
        {
          level: 'change',
          text: 'backend.database is in memory: who owns a run is forgotten at every restart. Use PostgreSQL, or a folder for SQLite.',
        },
      ]
    : [kept];
}
