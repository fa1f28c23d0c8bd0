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

import { createHash } from 'node:crypto';
import { z } from 'zod/v3';
import type { BootstrapConfig } from './AuthConfig';
import { scopesSchema } from './scopesSchema';

const MIN_LENGTH = 32;

/** Seconds up to here, milliseconds above: the year 5138 in the one, 1973 in the other. */
const MOST_SECONDS = 1e11;

const ISO =
  /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** An instant, from ISO 8601 or from seconds or milliseconds since the epoch; undefined for anything else. */
function parseInstant(value: string | number): number | undefined {
  const text = String(value).trim();
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number <= MOST_SECONDS ? number * 1000 : number;
  }
  if (!ISO.test(text)) {
    return undefined;
  }
  const time = Date.parse(text);
  // JavaScript takes the 31st of February for a day in March.
  const isReal =
    !Number.isNaN(time) &&
    new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().slice(0, 10) ===
      text.slice(0, 10);
  return isReal ? time : undefined;
}

/** The schema of `orchestrator.auth.bootstrap`. Its messages never hold the token. */
export const bootstrapSchema = z
  .object({
    token: z
      .string()
      .regex(/^[\x21-\x7e]*$/, 'has characters that no header can carry')
      .min(MIN_LENGTH, `is shorter than ${MIN_LENGTH} characters`)
      .optional(),
    tokenSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'is not the hex of a SHA-256')
      .optional(),
    scopes: scopesSchema.refine(
      list => list.length > 0,
      'is empty: a token must give something',
    ),
    expiresAt: z
      .union([z.string(), z.number()])
      .transform((value, context): number => {
        const time = parseInstant(value);
        if (time === undefined) {
          context.addIssue({
            code: 'custom',
            message:
              'is neither ISO 8601 with a time zone nor a number since the epoch',
          });
          return z.NEVER;
        }
        return time;
      })
      .optional(),
  })
  .strict()
  .refine(
    ({ token, tokenSha256 }) =>
      (token === undefined) !== (tokenSha256 === undefined),
    'needs either token or tokenSha256',
  )
  .transform(
    ({ token, tokenSha256, scopes, expiresAt }): BootstrapConfig => ({
      hash:
        token === undefined
          ? Buffer.from(tokenSha256!, 'hex')
          : createHash('sha256').update(token).digest(),
      scopes,
      expiresAt,
    }),
  );
