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

import type { BenchOptions } from './BenchOptions';
import { type LoadRequest, type LoadResult, runLoad } from './load';
import { median, percentile } from './statistics';

/** Something that is measured in every round. */
export interface Measured {
  readonly name: string;
  /** Makes what gives the requests of one burst; it is not measured. */
  prepare(): Promise<() => LoadRequest | undefined>;
  /** By whose rate its own is divided. */
  readonly against?: string;
}

/** What the rounds showed of one thing. */
export interface Measurement {
  readonly name: string;
  /** The median of the rounds. */
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** The median of the ratios of each round. */
  readonly ratio?: number;
}

/** The same request again and again. */
export function always(request: LoadRequest): Measured['prepare'] {
  return async () => () => request;
}

/**
 * Measures things in turns, since what else goes on in the machine changes from minute to minute: what is compared ran in the same
 * round.
 */
export async function measureInRounds(
  things: readonly Measured[],
  options: BenchOptions,
): Promise<Measurement[]> {
  const results = new Map<string, LoadResult[]>(
    things.map(({ name }) => [name, []]),
  );
  // Round 0 warms up and is forgotten.
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const { name, prepare } of things) {
      const result = await runLoad({
        next: await prepare(),
        concurrency: options.concurrency,
        seconds: options.seconds,
      });
      if (round > 0) results.get(name)!.push(result);
    }
  }
  return things.map(({ name, against }) => {
    const own = results.get(name)!;
    const latencies = own.flatMap(result => result.latencies);
    const others = against ? results.get(against)! : undefined;
    return {
      name,
      requestsPerSecond: median(own.map(result => result.requestsPerSecond)),
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      ratio:
        others &&
        median(
          own.map(
            (result, n) =>
              result.requestsPerSecond / others[n].requestsPerSecond,
          ),
        ),
    };
  });
}
