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

import { Select } from '@backstage/ui';
import type { FormAction } from '../../hooks/useFormAction';
import { LIFETIMES } from '../../tokens/durations';

const DEFAULT = 'default';

/** How long a secret lives. */
export function LifetimeField(
  props: {
    description?: string;
    /** Seconds; undefined for what the backend takes by default. */
    value: number | undefined;
    onChange: (seconds: number | undefined) => void;
  } & ReturnType<FormAction<string>['fieldProps']>,
) {
  const { value, onChange, ...rest } = props;
  return (
    <Select
      label="Expires after"
      options={[
        { id: DEFAULT, label: 'The default of this portal' },
        ...LIFETIMES.map(({ seconds, label }) => ({
          id: String(seconds),
          label,
        })),
      ]}
      value={value === undefined ? DEFAULT : String(value)}
      onChange={key =>
        onChange(key === null || key === DEFAULT ? undefined : Number(key))
      }
      {...rest}
    />
  );
}
