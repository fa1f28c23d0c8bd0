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

import { Flex, Text } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import {
  RiCheckboxCircleLine,
  RiForbidLine,
  RiPauseCircleLine,
  RiTimeLine,
  type RemixiconComponentType,
} from '@remixicon/react';

type Status = components['schemas']['TokenStatus'];

const LOOKS: Record<
  Status,
  { label: string; color: string; Icon: RemixiconComponentType }
> = {
  active: {
    label: 'Active',
    color: 'var(--bui-fg-positive)',
    Icon: RiCheckboxCircleLine,
  },
  suspended: {
    label: 'Suspended',
    color: 'var(--bui-fg-warning)',
    Icon: RiPauseCircleLine,
  },
  expired: {
    label: 'Expired',
    color: 'var(--bui-fg-secondary)',
    Icon: RiTimeLine,
  },
  revoked: {
    label: 'Revoked',
    color: 'var(--bui-fg-secondary)',
    Icon: RiForbidLine,
  },
};

/** The states of tokens to choose from, in the order in which they are offered. */
export const TOKEN_STATES = (
  Object.entries(LOOKS) as [Status, (typeof LOOKS)[Status]][]
).map(([status, { label }]) => ({ status, label }));

/** The state of a token, as a word beside an icon. */
export function TokenState({ status }: { status: Status }) {
  const look = LOOKS[status];
  if (!look) {
    return <Text color="secondary">Unknown</Text>;
  }
  const { label, color, Icon } = look;
  return (
    <Flex align="center" gap="1" style={{ display: 'inline-flex' }}>
      <Icon aria-hidden size={16} color={color} />
      <Text>{label}</Text>
    </Flex>
  );
}
