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

import {
  BreadcrumbEntry,
  useApi,
  useRouteRef,
} from '@backstage/frontend-plugin-api';
import { Alert, Button, Container } from '@backstage/ui';
import { RiAddLine } from '@remixicon/react';
import { useCallback, useState } from 'react';
import { orchestratorApiRef } from '../../api';
import { useResource } from '../../hooks/useResource';
import { tokensRouteRef } from '../../routes';
import { isHeld } from '../../tokens/readScopeChoices';
import { ErrorMessage, LoadingMessage } from '../Feedback';
import { OrchestratorHeader } from '../OrchestratorHeader';
import type { AskedOfToken } from './TokenDialogs';
import { TokensSection } from './TokensSection';

/** The user's tokens: make, rotate, rename and revoke them. */
export function TokensPage() {
  const api = useApi(orchestratorApiRef);
  const tokensLink = useRouteRef(tokensRouteRef);
  const [asked, setAsked] = useState<AskedOfToken>();
  const rights = useResource(
    useCallback(
      async signal => {
        const [catalogue, whoami] = await Promise.all([
          api.listScopes({ signal }),
          api.whoami({ signal }),
        ]);
        return { catalogue, whoami };
      },
      [api],
    ),
  );
  const { catalogue, whoami } = rights.value ?? {};
  const mayRead = catalogue && isHeld(catalogue, 'tokens:read');
  const mayCreate = mayRead && isHeld(catalogue, 'tokens:write');

  return (
    <BreadcrumbEntry entry={{ label: 'My tokens', href: tokensLink?.() ?? '' }}>
      <OrchestratorHeader
        title="My tokens"
        active="tokens"
        actions={
          mayCreate && (
            <Button
              variant="primary"
              iconStart={<RiAddLine aria-hidden />}
              onPress={() => setAsked({ what: 'create' })}
            >
              Create a token
            </Button>
          )
        }
      />
      <Container py="4">
        {rights.error && (
          <ErrorMessage
            title="Your rights could not be loaded"
            error={rights.error}
            onRetry={rights.reload}
          />
        )}
        {rights.isLoading && <LoadingMessage what="your rights" />}
        {catalogue && !mayRead && (
          <Alert
            role="status"
            status="info"
            icon
            title="You may not see tokens here"
            description="No grant gives you tokens:read. Ask the administrators of this portal for tokens:read and tokens:write."
          />
        )}
        {catalogue && whoami && mayRead && (
          <TokensSection
            catalogue={catalogue}
            whoami={whoami}
            asked={asked}
            onAsk={setAsked}
          />
        )}
      </Container>
    </BreadcrumbEntry>
  );
}
