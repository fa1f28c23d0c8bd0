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

import type { RootConfigService } from '@backstage/backend-plugin-api';
import type { Config } from '@backstage/config';
import { isKeepable } from '../language/definitionHead';
import { Egress } from '../rest/Egress';
import type { EmbeddedEgressPlace, EmbeddedEngineConfig } from './EngineConfig';
import { KEY } from './key';
import { DEFAULT_LIMITS, readLimits } from './limits';
import { readEvents } from './readEvents';
import { readOpenApi } from './readOpenApi';
import { readSecrets } from './readSecrets';
import { httpAddress, objectAt, withKeys } from './values';

const KNOWN = [
  'enabled',
  'definitions',
  'egress',
  'functions',
  'openapi',
  'secrets',
  'secretKey',
  'events',
  'synchronous',
  'limits',
];

/** A shorter key could be guessed from a copy of the database. */
const MIN_KEY_LENGTH = 16;

function readDefinitions(
  config: Config | undefined,
): EmbeddedEngineConfig['definitions'] {
  const value = config?.getOptional('definitions');
  if (value === undefined) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new Error(`${KEY}.definitions must be a list`);
  }
  return value.map((entry, i) => {
    if (typeof entry === 'string' && entry !== '') {
      return { folder: entry };
    }
    const { folder, workspace } = (entry ?? {}) as {
      folder?: unknown;
      workspace?: unknown;
    };
    if (typeof folder !== 'string' || folder === '') {
      throw new Error(
        `${KEY}.definitions[${i}] must be a folder, or an object with one`,
      );
    }
    if (workspace !== undefined && !isKeepable(workspace)) {
      throw new Error(
        `${KEY}.definitions[${i}].workspace must be a text of 255 characters at most`,
      );
    }
    return { folder, workspace };
  });
}

function readEgress(
  config: Config | undefined,
  unknown: string[],
): EmbeddedEngineConfig['egress'] {
  const value = config?.getOptional('egress');
  if (value === undefined) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new Error(`${KEY}.egress must be a list`);
  }
  const places = value.map((entry, i): string | EmbeddedEgressPlace => {
    const key = `${KEY}.egress[${i}]`;
    if (typeof entry === 'string') {
      return entry;
    }
    const { addresses, url } = withKeys(
      key,
      entry,
      ['url', 'addresses'],
      unknown,
    );
    if (typeof url !== 'string') {
      throw new Error(`${key}.url must be an address`);
    }
    if (addresses === undefined) {
      return { url };
    }
    if (
      !Array.isArray(addresses) ||
      !addresses.every(range => typeof range === 'string')
    ) {
      throw new Error(`${key}.addresses must be a list of texts`);
    }
    return { url, addresses: addresses as string[] };
  });
  try {
    Egress.create(places);
  } catch (error) {
    throw new Error(`${KEY}.egress: ${(error as Error).message}`);
  }
  return places;
}

function readFunctions(
  config: Config | undefined,
  unknown: string[],
): EmbeddedEngineConfig['functions'] {
  const functions = objectAt(config, 'functions');
  return new Map(
    Object.entries(functions).map(([name, entry]) => {
      const key = `${KEY}.functions.${name}`;
      const { baseUrl } = withKeys(key, entry, ['baseUrl'], unknown);
      return [name, { baseUrl: httpAddress(`${key}.baseUrl`, baseUrl) }];
    }),
  );
}

function readSecretKey(config: Config | undefined): string | undefined {
  const key = config?.getOptionalString('secretKey');
  if (key !== undefined && key.length < MIN_KEY_LENGTH) {
    throw new Error(
      `${KEY}.secretKey must have at least ${MIN_KEY_LENGTH} characters`,
    );
  }
  return key;
}

function unknownKeys(config: Config | undefined): string[] {
  const limits = config?.getOptionalConfig('limits')?.keys() ?? [];
  return [
    ...(config?.keys() ?? [])
      .filter(key => !KNOWN.includes(key))
      .map(key => `${KEY}.${key}`),
    ...limits
      .filter(key => !Object.hasOwn(DEFAULT_LIMITS, key))
      .map(key => `${KEY}.limits.${key}`),
  ];
}

/**
 * Reads the configuration of the embedded engine.
 *
 * @returns the configuration, and the keys that are not known
 * @throws Error that names the key that is wrong
 * @public
 */
export function readEmbeddedEngineConfig(root: RootConfigService): {
  config: EmbeddedEngineConfig;
  unknown: readonly string[];
} {
  const config = root.getOptionalConfig(KEY);
  const synchronous =
    config?.getOptionalString('synchronous')?.toLowerCase() ?? 'normal';
  if (synchronous !== 'normal' && synchronous !== 'full') {
    throw new Error(`${KEY}.synchronous must be normal or full`);
  }
  const unknown = unknownKeys(config);
  const secrets = readSecrets(config, unknown);
  return {
    config: {
      enabled: config?.getOptionalBoolean('enabled') ?? true,
      definitions: readDefinitions(config),
      egress: readEgress(config, unknown),
      functions: readFunctions(config, unknown),
      openapi: readOpenApi(config, secrets, unknown),
      secrets,
      secretKey: readSecretKey(config),
      events: readEvents(config, unknown),
      synchronous,
      limits: readLimits(config),
    },
    unknown,
  };
}
