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

import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Header } from '@backstage/ui';
import type { ReactNode } from 'react';
import { rootRouteRef, tokensRouteRef } from '../../routes';

/** The head of the pages that stand beside each other, with the way to each of them. */
export function OrchestratorHeader(props: {
  title: string;
  active: 'overview' | 'tokens';
  actions?: ReactNode;
}) {
  const overviewLink = useRouteRef(rootRouteRef);
  const tokensLink = useRouteRef(tokensRouteRef);
  return (
    <Header
      title={props.title}
      activeTabId={props.active}
      tabs={[
        { id: 'overview', label: 'Overview', href: overviewLink?.() ?? '' },
        { id: 'tokens', label: 'My tokens', href: tokensLink?.() ?? '' },
      ]}
      customActions={props.actions}
    />
  );
}
