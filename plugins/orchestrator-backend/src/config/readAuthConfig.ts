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

import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import type { Config } from '@backstage/config';
import { z } from 'zod/v3';
import { compileExpression } from '../grants/expression';
import { holdsEverywhere } from '../grants/holdsEverywhere';
import type { AuthConfig, GrantMatch, GrantRule } from './AuthConfig';
import { bootstrapSchema } from './readBootstrap';
import {
  readDuration,
  readRateLimits,
  readTokenConfig,
} from './readTokenConfig';
import { scopesSchema } from './scopesSchema';

const PREFIX = 'orchestrator.auth';
const PLUGIN_ID = /^[a-z0-9_-]+$/i;

const refOf = (kind?: string) =>
  z.string().transform((text, context) => {
    try {
      const ref = parseEntityRef(text, {
        defaultKind: kind,
        defaultNamespace: 'default',
      });
      if (kind && ref.kind.toLocaleLowerCase('en-US') !== kind) {
        throw new Error(`is not a ${kind}`);
      }
      return stringifyEntityRef(ref);
    } catch {
      context.addIssue({
        code: 'custom',
        message: `${JSON.stringify(text)} is no entity ref${
          kind ? ` of a ${kind}` : ''
        }`,
      });
      return z.NEVER;
    }
  });

const pluginIdSchema = z.string().regex(PLUGIN_ID, 'is no plugin id');

const matchSchema = z
  .object({
    user: refOf('user').optional(),
    group: refOf('group').optional(),
    plugin: pluginIdSchema.optional(),
    external: z.string().regex(/^\S+$/, 'is no subject').optional(),
    anonymous: z.literal(true).optional(),
    expression: z
      .string()
      .transform((text, context) => {
        try {
          return compileExpression(text);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          context.addIssue({
            code: 'custom',
            message: `the expression ${reason}`,
          });
          return z.NEVER;
        }
      })
      .optional(),
  })
  .strict()
  .refine(match => Object.keys(match).length > 0, 'names nothing to match');

const grantSchema = z
  .object({
    match: matchSchema,
    scopes: scopesSchema.refine(
      list => list.length > 0,
      'is empty: a grant must give something',
    ),
    workspaces: z.array(z.string().min(1).max(255)).optional(),
  })
  .strict()
  .superRefine(({ scopes, workspaces }, context) => {
    for (const { scope } of scopes) {
      if (workspaces && holdsEverywhere(scope)) {
        context.addIssue({
          code: 'custom',
          path: ['workspaces'],
          message: `cannot limit ${scope}, which holds everywhere: give it by a grant without workspaces`,
        });
      }
    }
  });

const livesShape = { defaultExpiry: z.unknown(), maxExpiry: z.unknown() };
const livesSchema = z.object(livesShape).strict().optional();

const tokensSchema = z
  .object({
    ...livesShape,
    retention: z.unknown(),
    policyMaxAge: z.unknown(),
    kinds: z
      .object({
        service: livesSchema,
        personal: livesSchema,
        group: livesSchema,
        trigger: livesSchema,
        agent: livesSchema,
      })
      .strict()
      .optional(),
  })
  .strict();

const limitSchema = z
  .object({
    failures: z.number().int().min(0).max(1_000).optional(),
    window: z.unknown(),
  })
  .strict();

const authSchema = z
  .object({
    mode: z.enum(['required', 'optional', 'disabled']).default('required'),
    admins: z.array(refOf()).default([]),
    defaults: z.boolean().default(true),
    actors: z
      .record(pluginIdSchema, z.object({ scopes: scopesSchema }).strict())
      .default({}),
    grants: z
      .record(
        z.string().regex(/^[^(]/, 'names in parentheses are built in'),
        grantSchema,
      )
      .default({}),
    allowInsecureHost: z.string().optional(),
    rememberCredentials: z.unknown(),
    rememberPolicy: z.unknown(),
    bootstrap: bootstrapSchema.optional(),
    tokens: tokensSchema.optional(),
    rateLimit: z
      .object({ ip: limitSchema.optional(), identity: limitSchema.optional() })
      .strict()
      .optional(),
  })
  .strict();

/**
 * Reads `orchestrator.auth`.
 *
 * @throws Error that names each invalid key and what is wrong with it
 */
export function readAuthConfig(config: Config): AuthConfig {
  const parsed = authSchema.safeParse(config.getOptional(PREFIX) ?? {});
  if (!parsed.success) {
    const faults = parsed.error.issues.map(issue => {
      const where = [PREFIX, ...issue.path].join('.');
      return issue.code === 'unrecognized_keys'
        ? `${where} has unknown keys: ${issue.keys.join(', ')}`
        : `${where}: ${issue.message}`;
    });
    throw new Error(`Invalid config: ${faults.join('; ')}`);
  }
  const { mode, admins, defaults, actors, grants, bootstrap } = parsed.data;
  return {
    mode,
    admins,
    defaults,
    actors: new Map(
      Object.entries(actors).map(([id, cap]) => [id, cap.scopes]),
    ),
    grants: Object.entries(grants).map(
      ([name, grant]): GrantRule => ({
        ...grant,
        match: grant.match as GrantMatch,
        name,
      }),
    ),
    rememberCredentialsMs: readDuration(
      config,
      `${PREFIX}.rememberCredentials`,
      60_000,
      { most: 60_000 },
    ),
    rememberPolicyMs: readDuration(config, `${PREFIX}.rememberPolicy`, 5_000, {
      most: 5_000,
    }),
    tokens: readTokenConfig(config),
    rateLimit: readRateLimits(config),
    bootstrap,
  };
}
