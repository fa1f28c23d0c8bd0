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

import { useApi } from '@backstage/frontend-plugin-api';
import { Flex, Select, Switch } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useCallback } from 'react';
import { useSearchParams } from 'react-router-dom';
import { orchestratorApiRef } from '../../api';
import { useCursors } from '../../hooks/useCursors';
import { useResource } from '../../hooks/useResource';
import { isHeld } from '../../tokens/readScopeChoices';
import { ErrorMessage, LoadingMessage } from '../Feedback';
import { Section } from '../Section';
import { TokenDialogs, type AskedOfToken } from './TokenDialogs';
import { TOKEN_STATES } from './TokenState';
import { TOKENS_PAGE_SIZE, TokenTable } from './TokenTable';

type Schemas = components['schemas'];

const ANY = 'any';

/**
 * The tokens that the user may see, newest first. The filters are in the address, so that a reload keeps them; the page is not,
 * because a cursor is of use for a while only.
 */
export function TokensSection(props: {
  catalogue: Schemas['ScopeList'];
  whoami: Schemas['Whoami'];
  /** What was asked for outside of the list. */
  asked: AskedOfToken | undefined;
  onAsk: (asked: AskedOfToken | undefined) => void;
}) {
  const { catalogue, whoami, asked, onAsk } = props;
  const api = useApi(orchestratorApiRef);
  const [params, setParams] = useSearchParams();
  const status = TOKEN_STATES.find(
    entry => entry.status === params.get('status'),
  )?.status;
  const seesAll = isHeld(catalogue, 'tokens:admin');
  const onlyMine = seesAll && params.get('mine') === 'true';
  const owner = onlyMine ? whoami.principal.ref : undefined;

  const pages = useCursors(`${status} ${owner}`);
  const { cursor } = pages;
  const tokens = useResource(
    useCallback(
      signal =>
        api.listTokens(
          { status, owner, limit: TOKENS_PAGE_SIZE, cursor },
          { signal },
        ),
      [api, status, owner, cursor],
    ),
  );

  const change = (name: string, value: string | undefined) =>
    setParams(before => {
      const after = new URLSearchParams(before);
      if (value === undefined) after.delete(name);
      else after.set(name, value);
      return after;
    });
  const nextCursor = tokens.value?.nextCursor;

  return (
    <Section
      title={seesAll ? 'Tokens' : 'My tokens'}
      actions={
        seesAll && (
          <Switch
            label="Only mine"
            isSelected={onlyMine}
            onChange={selected => change('mine', selected ? 'true' : undefined)}
          />
        )
      }
    >
      <Flex direction="column" gap="3">
        <Select
          label="Status"
          style={{ maxWidth: '14rem' }}
          options={[
            { id: ANY, label: 'Any' },
            ...TOKEN_STATES.map(entry => ({
              id: entry.status,
              label: entry.label,
            })),
          ]}
          value={status ?? ANY}
          onChange={key =>
            change('status', key === ANY ? undefined : String(key))
          }
        />
        {tokens.error && (
          <ErrorMessage
            title="The tokens could not be loaded"
            error={tokens.error}
            onRetry={tokens.reload}
          />
        )}
        {tokens.isLoading && <LoadingMessage what="tokens" />}
        {tokens.value && (
          <TokenTable
            tokens={tokens.value.items}
            mayWrite={isHeld(catalogue, 'tokens:write')}
            isFiltered={status !== undefined || onlyMine}
            onAction={(what, token) => onAsk({ what, token })}
            onPreviousPage={pages.isFirstPage ? undefined : pages.previous}
            onNextPage={nextCursor ? () => pages.next(nextCursor) : undefined}
          />
        )}
      </Flex>
      <TokenDialogs
        asked={asked}
        catalogue={catalogue}
        whoami={whoami}
        onCreated={() => {
          // A new token is on the first page.
          if (pages.isFirstPage) tokens.reload();
          else pages.reset();
        }}
        onChanged={tokens.reload}
        onClose={() => onAsk(undefined)}
      />
    </Section>
  );
}
