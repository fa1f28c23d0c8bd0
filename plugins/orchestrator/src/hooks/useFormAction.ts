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

import { useRef, useState } from 'react';
import type { FormFaults } from '../tokens/readFormFaults';

/** What a form does when it is sent, and what was wrong with it. */
export interface FormAction<Field extends string> {
  readonly isPending: boolean;
  readonly faults: FormFaults;
  /** Sends the form; while one sending is under way, another does nothing. */
  run(act: () => Promise<void>): Promise<void>;
  /** Shows faults that the form itself has found. */
  show(faults: FormFaults): void;
  /** Takes the fault of a field away, because the field has changed. */
  clear(field: Field): void;
  /** What a field of Backstage UI needs to show its fault and to be announced with it. */
  fieldProps(field: Field): {
    validationBehavior: 'aria';
    validate: () => string | null;
  };
}

/**
 * Sends a form once at a time and keeps the faults that come back.
 *
 * @param readFaults - sorts what was thrown by the fields of the form
 */
export function useFormAction<Field extends string>(
  readFaults: (error: Error) => FormFaults,
): FormAction<Field> {
  const [isPending, setPending] = useState(false);
  const [faults, setFaults] = useState<FormFaults>({ fields: {} });
  // The state is one render late: two presses in one moment are one.
  const running = useRef(false);

  return {
    isPending,
    faults,
    async run(act) {
      if (running.current) return;
      running.current = true;
      setPending(true);
      setFaults({ fields: {} });
      try {
        await act();
      } catch (caught) {
        setFaults(readFaults(caught as Error));
      } finally {
        running.current = false;
        setPending(false);
      }
    },
    show: setFaults,
    clear: field =>
      setFaults(before => {
        if (before.fields[field] === undefined) return before;
        const fields = { ...before.fields };
        delete fields[field];
        return { ...before, fields };
      }),
    fieldProps: field => ({
      validationBehavior: 'aria',
      validate: () => faults.fields[field] ?? null,
    }),
  };
}
