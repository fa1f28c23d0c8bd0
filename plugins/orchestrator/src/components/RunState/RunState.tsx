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
  RiErrorWarningLine,
  RiForbidLine,
  RiLoader4Line,
  RiPauseCircleLine,
  RiQuestionLine,
  RiTimeLine,
  type RemixiconComponentType,
} from '@remixicon/react';
import { isActiveState } from './isActiveState';

type State = components['schemas']['ProcessInstanceStatusDTO'];

interface Look {
  readonly label: string;
  readonly color: string;
  readonly Icon: RemixiconComponentType;
}

const LOST: Look = {
  label: 'Lost',
  color: 'var(--bui-fg-warning)',
  Icon: RiQuestionLine,
};

const LOOKS: Record<State, Look> = {
  ACTIVE: {
    label: 'Running',
    color: 'var(--bui-fg-announcement)',
    Icon: RiLoader4Line,
  },
  PENDING: {
    label: 'Pending',
    color: 'var(--bui-fg-announcement)',
    Icon: RiTimeLine,
  },
  SUSPENDED: {
    label: 'Suspended',
    color: 'var(--bui-fg-warning)',
    Icon: RiPauseCircleLine,
  },
  COMPLETED: {
    label: 'Completed',
    color: 'var(--bui-fg-positive)',
    Icon: RiCheckboxCircleLine,
  },
  ERROR: {
    label: 'Failed',
    color: 'var(--bui-fg-negative)',
    Icon: RiErrorWarningLine,
  },
  ABORTED: {
    label: 'Aborted',
    color: 'var(--bui-fg-secondary)',
    Icon: RiForbidLine,
  },
};

/**
 * The state of a run, as a word beside an icon.
 *
 * @param props - `lost`: its engine will never go on with the run, which matters more than the state that it stopped in
 */
export function RunState(props: { state: State | undefined; lost?: boolean }) {
  const { state, lost } = props;
  const look = lost && isActiveState(state) ? LOST : state && LOOKS[state];
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
