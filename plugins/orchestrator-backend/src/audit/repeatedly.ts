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

/** Work that is done again and again, until it is stopped. */
export interface RepeatedWork {
  /** Ends once the work that is under way has ended. */
  stop(): Promise<void>;
}

/**
 * Does work again and again, one at a time. It must not keep the process alive.
 *
 * @param work - what is done; where it throws, it rests
 * @param times - `interval` between two times, and `rest` after a failure; milliseconds
 */
export function repeatedly(
  work: () => Promise<void>,
  times: { readonly interval: number; readonly rest: number },
): RepeatedWork {
  let isStopped = false;
  let timer: NodeJS.Timeout;
  let running: Promise<void> | undefined;

  const again = (delay: number) => {
    if (isStopped) return;
    timer = setTimeout(() => {
      running = work().then(
        () => again(times.interval),
        () => again(times.rest),
      );
    }, delay);
    timer.unref();
  };
  again(times.interval);

  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
