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

import type { CSSProperties } from 'react';

/**
 * Colours of small text, for the root of a page and of a dialog. Those of Backstage UI have less contrast with cards and dialogs than
 * WCAG asks for: what is secondary in the dark theme, and the faults of fields in both.
 */
export const readableColors = {
  '--bui-fg-secondary':
    'color-mix(in srgb, var(--bui-fg-primary) 65%, var(--bui-bg-app))',
  // eslint-disable-next-line @backstage/no-deprecated-bui-tokens -- the fields of Backstage UI still take it
  '--bui-fg-danger':
    'color-mix(in srgb, var(--bui-fg-primary) 50%, var(--bui-fg-negative))',
} as CSSProperties;
