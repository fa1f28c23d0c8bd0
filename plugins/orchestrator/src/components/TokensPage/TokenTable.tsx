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
  ButtonIcon,
  Cell,
  CellText,
  Menu,
  MenuItem,
  MenuTrigger,
  Table,
  type ColumnConfig,
} from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { RiMore2Line } from '@remixicon/react';
import { formatTime } from '../../format/formatTime';
import { TOKEN_KINDS } from './tokenKinds';
import { TokenState } from './TokenState';

type Token = components['schemas']['Token'];

/** What can be asked for a token. */
export type TokenAction = 'details' | 'rename' | 'rotate' | 'revoke';

export const TOKENS_PAGE_SIZE = 20;
/** More scopes than these are counted. */
const SHOWN_SCOPES = 2;

/** One page of tokens. */
export function TokenTable(props: {
  tokens: Token[];
  /** Whether tokens can be changed. */
  mayWrite: boolean;
  isFiltered: boolean;
  onAction: (action: TokenAction, token: Token) => void;
  /** Absent on the first page. */
  onPreviousPage?: () => void;
  /** Absent on the last page. */
  onNextPage?: () => void;
}) {
  const { tokens, mayWrite, isFiltered, onAction } = props;
  const { onPreviousPage, onNextPage } = props;
  const columns: ColumnConfig<Token>[] = [
    {
      id: 'name',
      label: 'Name',
      isRowHeader: true,
      defaultWidth: '2fr',
      cell: token => <CellText title={token.name} description={token.hint} />,
    },
    {
      id: 'kind',
      label: 'Kind',
      defaultWidth: '1fr',
      cell: token => <CellText title={nameOfKind(token.kind)} />,
    },
    {
      id: 'owner',
      label: 'Owner',
      defaultWidth: '2fr',
      cell: token => <CellText title={token.owner ?? '–'} />,
    },
    {
      id: 'scopes',
      label: 'Scopes',
      defaultWidth: '2fr',
      cell: token => <CellText {...summarizeScopes(token.scopes)} />,
    },
    {
      id: 'status',
      label: 'Status',
      defaultWidth: '1fr',
      cell: token => (
        <Cell>
          <TokenState status={token.status} />
        </Cell>
      ),
    },
    {
      id: 'expires',
      label: 'Expires',
      defaultWidth: '2fr',
      cell: token => <CellText title={formatTime(token.expiresAt)} />,
    },
    {
      id: 'used',
      label: 'Last used',
      defaultWidth: '2fr',
      cell: token => (
        <CellText
          title={token.lastUsedAt ? formatTime(token.lastUsedAt) : 'Never'}
          description={token.lastUsedFrom && `from ${token.lastUsedFrom}`}
        />
      ),
    },
    {
      id: 'actions',
      label: 'Actions',
      width: 90,
      cell: token => (
        <Cell>
          <TokenMenu
            token={token}
            mayWrite={mayWrite}
            onAction={action => onAction(action, token)}
          />
        </Cell>
      ),
    },
  ];
  return (
    <Table
      columnConfig={columns}
      data={tokens}
      emptyState={emptyState(isFiltered, mayWrite, onPreviousPage)}
      pagination={
        onPreviousPage || onNextPage
          ? {
              type: 'page',
              pageSize: TOKENS_PAGE_SIZE,
              showPageSizeOptions: false,
              hasPreviousPage: onPreviousPage !== undefined,
              hasNextPage: onNextPage !== undefined,
              onPreviousPage: () => onPreviousPage?.(),
              onNextPage: () => onNextPage?.(),
            }
          : { type: 'none' }
      }
    />
  );
}

function TokenMenu(props: {
  token: Token;
  mayWrite: boolean;
  onAction: (action: TokenAction) => void;
}) {
  const { token, mayWrite, onAction } = props;
  const isActive = token.status === 'active';
  const isLive = isActive || token.status === 'suspended';
  return (
    <MenuTrigger>
      <ButtonIcon
        size="small"
        variant="tertiary"
        icon={<RiMore2Line aria-hidden />}
        aria-label={`Actions for ${token.name}`}
      />
      <Menu onAction={key => onAction(key as TokenAction)}>
        <MenuItem id="details">Details</MenuItem>
        {mayWrite && isLive && <MenuItem id="rename">Rename</MenuItem>}
        {mayWrite && isActive && <MenuItem id="rotate">Rotate</MenuItem>}
        {mayWrite && isLive && (
          <MenuItem id="revoke" color="danger">
            Revoke
          </MenuItem>
        )}
      </Menu>
    </MenuTrigger>
  );
}

/** The name of a kind of tokens, also of one that is not made here. */
export function nameOfKind(kind: Token['kind']): string {
  return TOKEN_KINDS.find(entry => entry.kind === kind)?.label ?? kind;
}

function summarizeScopes(scopes: readonly string[]) {
  const more = scopes.length - SHOWN_SCOPES;
  return {
    title: scopes.slice(0, SHOWN_SCOPES).join(', '),
    description: more > 0 ? `and ${more} more` : undefined,
  };
}

function emptyState(
  isFiltered: boolean,
  mayWrite: boolean,
  onPreviousPage: (() => void) | undefined,
): string {
  if (onPreviousPage) return 'There is no token on this page.';
  if (isFiltered) return 'There is no such token.';
  return mayWrite
    ? 'There is no token yet. Create one to call the orchestrator from a script.'
    : 'There is no token yet.';
}
