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

import type { AuditLog } from '../audit/AuditLog';
import type { AuditOutcome } from '../database/AuditEntry';
import type { AuditPlace } from '../database/AuditPages';
import type { AuditRow } from '../database/AuditRow';
import { type Fault, invalidRequest } from '../errors/OrchestratorError';
import type { OperationHandlers } from './OperationHandler';

const DEFAULT_LIMIT = 50;

/** A date and time with its zone; digits of a year and a second as Date.parse takes them. */
const ISO_TIME =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The last moment that a date can be. */
const MAX_TIME = 8_640_000_000_000_000;

type Query = Readonly<Record<string, string | undefined>>;

function readTime(query: Query, name: string, faults: Fault[]) {
  const text = query[name];
  if (text === undefined) return undefined;
  const time = ISO_TIME.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) {
    faults.push({
      path: `query/${name}`,
      message: 'is no time as 2026-01-31T12:00:00Z',
    });
    return undefined;
  }
  return time;
}

function writeCursor({ at, id }: AuditPlace): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

function readCursor(query: Query, faults: Fault[]): AuditPlace | undefined {
  const { cursor } = query;
  if (cursor === undefined) return undefined;
  try {
    const text = Buffer.from(cursor, 'base64url').toString();
    const [at, id, ...rest] = JSON.parse(text);
    if (
      Number.isSafeInteger(at) &&
      typeof id === 'string' &&
      UUID.test(id) &&
      rest.length === 0 &&
      writeCursor({ at, id }) === cursor
    ) {
      return { at, id };
    }
  } catch {
    // As below.
  }
  faults.push({
    path: 'query/cursor',
    message: 'is not the nextCursor of a page',
  });
  return undefined;
}

function toIso(at: number): string {
  return new Date(Math.min(Math.max(at, 0), MAX_TIME)).toISOString();
}

function toDto({ at, ...row }: AuditRow) {
  return { ...row, time: toIso(at) };
}

/** The operations that read the audit log. */
export function createAuditRoutes(log: AuditLog): OperationHandlers {
  return {
    async listAuditEvents({ access, query, res }) {
      const faults: Fault[] = [];
      const from = readTime(query, 'from', faults);
      const to = readTime(query, 'to', faults);
      const after = readCursor(query, faults);
      if (faults.length > 0) throw invalidRequest(faults);
      const { actor, tokenId, event, outcome, limit } = query;
      const { rows, hasMore } = await log.page(
        access,
        {
          actor,
          tokenId,
          event,
          outcome: outcome as AuditOutcome | undefined,
          from,
          to,
        },
        limit === undefined ? DEFAULT_LIMIT : Number(limit),
        after,
      );
      res.setHeader('Cache-Control', 'no-store');
      res.json({
        items: rows.map(toDto),
        nextCursor: hasMore ? writeCursor(rows.at(-1)!) : undefined,
      });
    },

    async verifyAudit({ access, res }) {
      const { sealed, unsealed, firstBroken, checkpoint } = await log.verify(
        access,
      );
      res.setHeader('Cache-Control', 'no-store');
      res.json({
        status: firstBroken ? 'broken' : 'ok',
        sealed,
        unsealed,
        firstBroken,
        checkpoint: checkpoint && {
          seq: checkpoint.seq,
          hash: checkpoint.hash,
          time: toIso(checkpoint.at),
        },
      });
    },
  };
}
