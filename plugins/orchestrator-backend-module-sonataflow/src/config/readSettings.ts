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

import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import {
  DEFAULTS,
  type ClientSettings,
  type SonataFlowConfig,
  type TlsSettings,
} from './SonataFlowConfig';
import { isProvider } from './providers';
import {
  invalid,
  readAddress,
  readBlock,
  readDuration,
  readHosts,
  readTexts,
  readTime,
  readWhole,
  type ConfigBlock,
} from './readValues';

/** All of an engine but what makes it that one. */
export type Settings = Omit<SonataFlowConfig, 'id' | 'dataIndexUrl'>;

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;
const UPSTREAM_TIME = { least: SECOND / 10, most: 600 * SECOND };

/** What a header can carry; anything else would be a fault of every request. */
const HEADER_VALUE = /^[\x21-\x7e]+$/;

/** The ids of plugins; they become part of a header's name. */
const PLUGIN_ID = /^[a-z][a-z0-9-]{0,63}$/;

/** Reads something where it is configured. */
function at<T>(
  block: ConfigBlock,
  key: string,
  read: (block: ConfigBlock, key: string) => T,
): T | undefined {
  return block.config.has(key) ? read(block, key) : undefined;
}

function readTls(block: ConfigBlock): TlsSettings {
  const { config, name } = block;
  const cert = config.getOptionalString('cert');
  const key = config.getOptionalString('key');
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid(name, 'must have both cert and key, or none of them');
  }
  const ca = config.getOptionalString('ca');
  // Here, where the key can be named, and not with the first request.
  const check = (names: string, make: () => unknown) => {
    try {
      make();
    } catch {
      throw invalid(names, 'cannot be used as PEM');
    }
  };
  if (ca !== undefined) {
    check(`${name}.ca`, () => new X509Certificate(ca));
  }
  check(`${name}.cert and key`, () => createSecureContext({ ca, cert, key }));
  return {
    ca,
    cert,
    key,
    rejectUnauthorized: config.getOptionalBoolean('rejectUnauthorized'),
  };
}

function readClient(block: ConfigBlock): ClientSettings {
  const auth = readBlock(block, 'auth');
  const tls = readBlock(block, 'tls');
  // Required where `auth` is there: a variable that is not set must not leave a client without its credential.
  const bearer = auth?.config.getString('bearer');
  if (bearer !== undefined && !HEADER_VALUE.test(bearer)) {
    throw invalid(
      `${auth!.name}.bearer`,
      'has characters that a header cannot have',
    );
  }
  return { bearer, tls: tls && readTls(tls) };
}

function readRuntimes(block: ConfigBlock): SonataFlowConfig['runtimes'] {
  const client = readClient(block);
  const hosts = at(block, 'hosts', readHosts);
  if (client.bearer !== undefined && !hosts) {
    throw invalid(
      `${block.name}.hosts`,
      'must name the hosts that auth.bearer is sent to',
    );
  }
  return { ...client, hosts };
}

function readForwardToken(
  block: ConfigBlock,
): SonataFlowConfig['forwardToken'] {
  const plugins = [...new Set(readTexts(block, 'plugins'))];
  for (const plugin of plugins) {
    if (!PLUGIN_ID.test(plugin)) {
      throw invalid(
        `${block.name}.plugins`,
        `has ${JSON.stringify(plugin)}, which is not the id of a plugin`,
      );
    }
    if (plugin === 'orchestrator') {
      throw invalid(
        `${block.name}.plugins`,
        'must not have orchestrator: a workflow would then start runs as the user',
      );
    }
  }
  return { plugins, hosts: readHosts(block, 'hosts') };
}

function readAuthTokens(block: ConfigBlock): SonataFlowConfig['authTokens'] {
  const hosts = readHosts(block, 'hosts');
  const providers = at(block, 'providers', readTexts)?.map(one =>
    one.toLowerCase(),
  );
  for (const provider of providers ?? []) {
    if (!isProvider(provider)) {
      throw invalid(
        `${block.name}.providers`,
        `has ${JSON.stringify(provider)}, which cannot be a provider`,
      );
    }
  }
  return { hosts, providers };
}

function readWorkspace({ config, name }: ConfigBlock, key: string): string {
  const workspace = config.getString(key);
  if (workspace.length > 255) {
    throw invalid(`${name}.${key}`, 'must have 255 characters at most');
  }
  return workspace;
}

/** A later one would give away runs that are yet to come, which anybody can start at a runtime. */
function readPast(block: ConfigBlock, key: string, now: number): number {
  const time = readTime(block, key);
  if (time > now) {
    throw invalid(`${block.name}.${key}`, 'must not be in the future');
  }
  return time;
}

/**
 * Reads the settings that a block has itself.
 *
 * @param now - milliseconds since the epoch
 */
export function readSettings(
  block: ConfigBlock,
  now: number,
): Partial<Settings> {
  const inner = <T>(key: string, read: (inner: ConfigBlock) => T) => {
    const found = readBlock(block, key);
    return found && read(found);
  };
  const number = (least: number, most: number) => (b: ConfigBlock, k: string) =>
    readWhole(b, k, { least, most });
  const time = (bounds: typeof UPSTREAM_TIME) => (b: ConfigBlock, k: string) =>
    readDuration(b, k, bounds);
  return {
    adoptInitiatorBefore: at(block, 'adoptInitiatorBefore', (b, k) =>
      readPast(b, k, now),
    ),
    workspace: at(block, 'workspace', readWorkspace),
    timeout: at(block, 'timeout', time(UPSTREAM_TIME)),
    startTimeout: at(block, 'startTimeout', time(UPSTREAM_TIME)),
    maxResponseBytes: at(
      block,
      'maxResponseBytes',
      number(10_000, 500_000_000),
    ),
    concurrency: at(block, 'concurrency', number(1, 1_000)),
    overlap: at(block, 'overlap', time({ least: 0, most: DAY })),
    dataIndex: inner('dataIndex', readClient),
    runtimes: inner('runtimes', readRuntimes),
    eventsUrl: inner('events', events => readAddress(events, 'url')),
    forwardToken: inner('forwardToken', readForwardToken),
    authTokens: inner('authTokens', readAuthTokens),
  };
}

/** The settings of an engine: its own before the common ones, and these before what holds where nothing is said. */
export function mergeSettings(
  ...layers: readonly Partial<Settings>[]
): Settings {
  const usual: Settings = {
    ...DEFAULTS,
    dataIndex: {},
    runtimes: {},
  };
  return layers.reduce<Settings>((below, layer) => {
    const said = Object.entries(layer).filter(
      ([, value]) => value !== undefined,
    );
    return { ...below, ...Object.fromEntries(said) };
  }, usual);
}
