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

import { readDurationFromConfig, type Config } from '@backstage/config';
import { durationToMilliseconds, type HumanDuration } from '@backstage/types';
import { HostPatterns } from './HostPatterns';

/** A block of the configuration, and the full name of it for messages. */
export interface ConfigBlock {
  readonly config: Config;
  readonly name: string;
}

/** The bounds of a number. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** An error that names a key and what is wrong with it, never its value. */
export function invalid(key: string, fault: string): Error {
  return new Error(`Invalid config: ${key} ${fault}`);
}

/** A block within another one; undefined where it is not there. */
export function readBlock(
  { config, name }: ConfigBlock,
  key: string,
): ConfigBlock | undefined {
  const inner = config.getOptionalConfig(key);
  return inner && { config: inner, name: `${name}.${key}` };
}

/** The reader of Backstage names only the last part of the key. */
function durationAt({ config, name }: ConfigBlock, key: string): HumanDuration {
  try {
    return readDurationFromConfig(config, { key });
  } catch {
    throw invalid(
      `${name}.${key}`,
      'must be a duration such as { seconds: 10 }',
    );
  }
}

/** Reads a duration; milliseconds. */
export function readDuration(
  { config, name }: ConfigBlock,
  key: string,
  { least, most }: Bounds,
): number {
  const value = durationToMilliseconds(durationAt({ config, name }, key));
  if (!(value >= least && value <= most)) {
    throw invalid(
      `${name}.${key}`,
      `must be at least ${least / 1_000} and at most ${most / 1_000} seconds`,
    );
  }
  return value;
}

/** Reads a whole number. */
export function readWhole(
  { config, name }: ConfigBlock,
  key: string,
  { least, most }: Bounds,
): number {
  const value = config.getNumber(key);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalid(
      `${name}.${key}`,
      `must be a whole number of at least ${least} and at most ${most}`,
    );
  }
  return value;
}

/** Reads an address: http or https, without credentials, query and fragment. */
export function readAddress({ config, name }: ConfigBlock, key: string): URL {
  const text = config.getString(key);
  const fault = (what: string) => invalid(`${name}.${key}`, what);
  if (!URL.canParse(text)) throw fault('is not an address');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw fault('must begin with http:// or https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw fault('must not have credentials in it; see auth.bearer and tls');
  }
  if (url.search !== '' || url.hash !== '') {
    throw fault('must not have a query or a fragment');
  }
  return url;
}

/** Reads the start of a day or a point in time; milliseconds since the epoch. */
export function readTime({ config, name }: ConfigBlock, key: string): number {
  const text = config.getString(key);
  const value = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : NaN;
  if (Number.isNaN(value)) {
    throw invalid(
      `${name}.${key}`,
      'must be a date such as 2026-06-01, or a time such as 2026-06-01T12:00:00Z',
    );
  }
  return value;
}

/** Reads a list of texts that has at least one. */
export function readTexts(
  { config, name }: ConfigBlock,
  key: string,
): string[] {
  const texts = config.getStringArray(key);
  if (texts.length === 0) {
    throw invalid(`${name}.${key}`, 'must name at least one');
  }
  return texts;
}

/** Reads a list of hosts that has at least one. */
export function readHosts(block: ConfigBlock, key: string): HostPatterns {
  try {
    return new HostPatterns(readTexts(block, key));
  } catch (error) {
    const { message } = error as Error;
    throw message.startsWith('Invalid') || message.startsWith('Missing')
      ? error
      : invalid(`${block.name}.${key}`, `has a fault: ${message}`);
  }
}
