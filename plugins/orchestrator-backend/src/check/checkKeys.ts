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
import { readInstancesConfig } from '../config/readInstancesConfig';
import { readSynchronous } from '../database/openDatabase';
import type { Finding } from './CheckReport';

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

/** How long runs are kept that have ended. */
export function checkRunRetention(config: Config): Finding[] {
  const { retentionMs } = readInstancesConfig(config);
  return [
    {
      level: 'ok',
      text:
        retentionMs === undefined
          ? 'Runs are kept for ever: orchestrator.instances.retention is not set.'
          : `Runs of engines that delete them are kept for ${Math.floor(
              retentionMs / 86_400_000,
            )} days after they have ended.`,
    },
  ];
}
