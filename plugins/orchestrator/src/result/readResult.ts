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

/** One thing that came out of a run. */
export interface ResultOutput {
  readonly key: string;
  readonly value: string;
  /** An address to open, where the output is a link to the web. */
  readonly link?: string;
}

/** What a workflow says that came out, in `result` of its data. */
export interface RunResultData {
  readonly message?: string;
  readonly outputs: readonly ResultOutput[];
}

/** Reads `result` of the data of a run. The data is whatever the workflow made, so that anything can stand there. */
export function readResult(data: unknown): RunResultData | undefined {
  const result = isObject(data) ? data.result : undefined;
  if (!isObject(result)) return undefined;
  const message =
    typeof result.message === 'string' ? result.message : undefined;
  const outputs = Array.isArray(result.outputs)
    ? result.outputs.flatMap(readOutput)
    : [];
  return message || outputs.length > 0 ? { message, outputs } : undefined;
}

function readOutput(output: unknown): ResultOutput[] {
  if (!isObject(output) || typeof output.key !== 'string') return [];
  const { key, value, format } = output;
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? '';
  // A workflow may make an address of what a caller sent: only the web is safe to open.
  const link =
    format === 'link' && /^https?:\/\//i.test(text) ? text : undefined;
  return [{ key, value: text, link }];
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
