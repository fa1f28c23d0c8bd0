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

/** An entry of `backend.auth` whose tokens are of callers that are neither users nor plugins. */
export interface ExternalEntry {
  readonly key: string;
  readonly type: string;
  /** What Backstage says who the caller is; absent where the token decides. */
  readonly subject?: string;
  /** Of jwks entries: what stands before the subjects of their tokens. */
  readonly subjectPrefix?: string;
  readonly entry: Config;
  /** Whether the tokens are let in to a plugin. */
  reaches(pluginId: string): boolean;
}

function reachesOf(entry: Config): ExternalEntry['reaches'] {
  return pluginId => {
    const restrictions =
      entry.getOptionalConfigArray('accessRestrictions') ?? [];
    return (
      restrictions.length === 0 ||
      restrictions.some(
        restriction => restriction.getOptionalString('plugin') === pluginId,
      )
    );
  };
}

/** The entries of `backend.auth.externalAccess` and of the older `backend.auth.keys`. */
export function entriesOf(config: Config): ExternalEntry[] {
  const current = (
    config.getOptionalConfigArray('backend.auth.externalAccess') ?? []
  ).map((entry, index) => ({
    entry,
    key: `backend.auth.externalAccess[${index}]`,
    type: entry.getString('type'),
    subject: entry.getOptionalString('options.subject'),
    subjectPrefix: entry.getOptionalString('options.subjectPrefix'),
    reaches: reachesOf(entry),
  }));
  const old = (config.getOptionalConfigArray('backend.auth.keys') ?? []).map(
    (entry, index) => ({
      entry,
      key: `backend.auth.keys[${index}]`,
      type: 'legacy',
      subject: 'external:backstage-plugin',
      reaches: reachesOf(entry),
    }),
  );
  return [...current, ...old];
}

/** The entries of `backend.auth` whose tokens reach this plugin. */
function entriesReaching(config: Config, pluginId: string): ExternalEntry[] {
  return entriesOf(config).filter(entry => entry.reaches(pluginId));
}

/** The types that Backstage brings. */
const BUILT_IN_TYPES = ['static', 'legacy', 'jwks'];

/** Whether tokens of a type that an operator added reach this plugin; nothing is known of their subjects. */
export function hasCustomExternalAccess(
  config: Config,
  pluginId: string,
): boolean {
  return entriesReaching(config, pluginId).some(
    entry => !BUILT_IN_TYPES.includes(entry.type),
  );
}

/**
 * The prefixes, or their absence, that several jwks entries share: two identity providers behind them could each name a caller
 * with the same subject. One provider with two key sets is fine, so this is worth a warning and no more.
 */
export function findSharedJwksPrefixes(
  config: Config,
  pluginId: string,
): string[] {
  const prefixes = entriesReaching(config, pluginId)
    .filter(entry => entry.type === 'jwks')
    .map(entry => entry.subjectPrefix ?? '');
  return [
    ...new Set(prefixes.filter((one, at) => prefixes.indexOf(one) !== at)),
  ];
}

/** Whether a subject reads as a caller of another kind. */
export function isImpersonating(subject: string): boolean {
  return /^(plugin|user):/i.test(subject);
}

/**
 * Refuses a configuration of external callers in which two kinds of caller would share one identity.
 *
 * @throws Error that names each such entry and the rule
 */
export function refuseSharedIdentities(config: Config, pluginId: string): void {
  const entries = entriesReaching(config, pluginId);
  const faults: string[] = [];
  const typeOf = new Map<string, string>();
  const hasJwks = entries.some(entry => entry.type === 'jwks');
  for (const { key, type, subject } of entries) {
    if (subject === undefined || type === 'jwks') continue;
    if (isImpersonating(subject)) {
      faults.push(
        `${key}: the subject "${subject}" reads as a plugin or a user`,
      );
    }
    if (hasJwks && subject.startsWith('external:')) {
      faults.push(
        `${key}: the subject "${subject}" could be that of a token of a jwks entry, whose subjects start with "external:"`,
      );
    }
    const other = typeOf.get(subject);
    if (other !== undefined && other !== type) {
      faults.push(
        `${key}: the subject "${subject}" is used by entries of the types ${other} and ${type}`,
      );
    }
    typeOf.set(subject, type);
  }
  if (faults.length > 0) {
    throw new Error(
      `Invalid config: no two kinds of caller may share an identity: ${faults.join(
        '; ',
      )}`,
    );
  }
}
