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

interface Remembered<T> {
  readonly until: number;
  readonly answer: Promise<T>;
}

/** What is worked out for a credential and may be kept beside it, as long as the credential itself is remembered. */
export interface CredentialMemory {
  rights?: Remembered<any>;
  decisions?: Remembered<any>;
  groups?: Remembered<any>;
  /** Until when it need not be noted again that its user was seen; milliseconds since the epoch. */
  seenUntil?: number;
}

/**
 * Asks once in a while: the answer is given again for so long, and to everybody who asks while it is on its way. A failure is
 * not remembered: whoever comes next asks again.
 *
 * @param lifeMs - milliseconds; 0 asks every time
 * @param now - milliseconds since the epoch
 */
export function rememberIn<T>(
  memory: CredentialMemory,
  slot: 'rights' | 'decisions' | 'groups',
  lifeMs: number,
  now: number,
  ask: () => Promise<T>,
): Promise<T> {
  const known: Remembered<T> | undefined = memory[slot];
  if (known && now < known.until) {
    return known.answer;
  }
  const answer = ask();
  if (lifeMs > 0) {
    const remembered = { until: now + lifeMs, answer };
    memory[slot] = remembered;
    answer.catch(() => {
      if (memory[slot] === remembered) memory[slot] = undefined;
    });
  }
  return answer;
}
