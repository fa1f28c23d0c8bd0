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
  readHeldScopes,
  readMissingScopes,
  type HeldScope,
} from '../../access/readAccess';
import type { Resource } from '../../hooks/useResource';
import { ErrorMessage, LoadingMessage } from '../Feedback';
import { Section } from '../Section';

type Whoami = components['schemas']['Whoami'];

/** Who the user is to the orchestrator, what the user may do, and which grant says so. */
export function AccessSection({ whoami }: { whoami: Resource<Whoami> }) {
  return (
    <Section title="My access">
      {whoami.error && (
        <ErrorMessage
          title="Your rights could not be loaded"
          error={whoami.error}
          onRetry={whoami.reload}
        />
      )}
      {whoami.isLoading && <LoadingMessage what="your rights" />}
      {whoami.value && <Access whoami={whoami.value} />}
    </Section>
  );
}

function Access({ whoami }: { whoami: Whoami }) {
  const held = readHeldScopes(whoami);
  const missing = readMissingScopes(whoami);
  const { principal } = whoami;
  return (
    <Flex direction="column" gap="4">
      <div>
        <Text as="div" weight="bold">
          {principal.ref}
        </Text>
        <Text as="div" variant="body-small" color="secondary">
          {whoami.authenticated
            ? `Known as ${article(principal.type)}`
            : 'Not signed in'}
          {principal.actor && `, through ${principal.actor}`}
        </Text>
      </div>
      {held.length === 0 ? (
        <Text>No grant matches you, so you may do nothing here.</Text>
      ) : (
        <ScopeList
          title="You may"
          scopes={held.map(entry => ({
            scope: entry.scope,
            description: entry.description,
            why: `Because of ${entry.grants.map(reason).join(', ')}`,
          }))}
        />
      )}
      {missing.length > 0 && (
        <ScopeList title="No grant gives you" scopes={missing} />
      )}
      <Text as="p" variant="body-small" color="secondary">
        The permission policy of this portal is asked at each call and can
        narrow this further.
      </Text>
    </Flex>
  );
}

function ScopeList(props: {
  title: string;
  scopes: readonly { scope: string; description: string; why?: string }[];
}) {
  return (
    <div>
      <Text as="h3" variant="body-medium" weight="bold">
        {props.title}
      </Text>
      <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {props.scopes.map(({ scope, description, why }) => (
          <li key={scope} style={{ paddingTop: 'var(--bui-space-2)' }}>
            <Text as="div" style={{ fontFamily: 'var(--bui-font-monospace)' }}>
              {scope}
            </Text>
            <Text as="div" variant="body-small">
              {description}
            </Text>
            {why && (
              <Text as="div" variant="body-small" color="secondary">
                {why}
              </Text>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function reason(grant: HeldScope['grants'][number]): string {
  const where =
    grant.workspaces === 'all'
      ? 'all workspaces'
      : `workspaces: ${grant.workspaces.join(', ')}`;
  const name =
    { '(defaults)': 'the defaults', '(admins)': 'being an administrator' }[
      grant.name
    ] ?? `grant ${grant.name}`;
  return `${name} (${where})`;
}

function article(type: Whoami['principal']['type']): string {
  return (
    { user: 'a user', plugin: 'a plugin', external: 'an external caller' }[
      type as string
    ] ?? type
  );
}
