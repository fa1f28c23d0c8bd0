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

import { useCallback, useEffect, useRef, useState } from 'react';

/** Something that a page loads. */
export interface Resource<T> {
  /** The newest value, also while it is loaded again and when that fails. */
  readonly value?: T;
  /** Why the last attempt failed. */
  readonly error?: Error;
  /** Whether there is neither a value nor an error yet. */
  readonly isLoading: boolean;
  /** Loads it again. */
  reload(): void;
}

interface State<T> {
  load: (signal: AbortSignal) => Promise<T>;
  value?: T;
  error?: Error;
}

/**
 * Loads something, and again when `load` changes; an answer that is no longer wanted is dropped.
 *
 * @param load - memoized by the caller
 */
export function useResource<T>(
  load: (signal: AbortSignal) => Promise<T>,
): Resource<T> {
  const [state, setState] = useState<State<T>>({ load });
  const running = useRef<AbortController>(undefined);

  const reload = useCallback(() => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    load(controller.signal).then(
      value => {
        if (!controller.signal.aborted) setState({ load, value });
      },
      (error: Error) => {
        if (!controller.signal.aborted) {
          setState(before => ({
            load,
            value: before.load === load ? before.value : undefined,
            error,
          }));
        }
      },
    );
  }, [load]);

  useEffect(() => {
    reload();
    return () => running.current?.abort();
  }, [reload]);

  // What belongs to another `load` is not shown for this one.
  const { value, error } = state.load === load ? state : ({} as State<T>);
  return {
    value,
    error,
    isLoading: value === undefined && error === undefined,
    reload,
  };
}
