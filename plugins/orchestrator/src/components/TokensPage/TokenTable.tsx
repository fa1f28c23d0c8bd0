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
  Text,
  type ColumnConfig,
} from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { RiMore2Line } from '@remixicon/react';
import { formatDate, formatTimeOfDay } from '../../format/formatTime';
import { TOKEN_KINDS } from './tokenKinds';
import { TokenState } from './TokenState';

type Token = components['schemas']['Token'];

/** What can be asked for a token. */
export type TokenAction = 'details' | 'rename' | 'rotate' | 'revoke';

export const TOKENS_PAGE_SIZE = 20;
/** More scopes than these are counted. */
const SHOWN_SCOPES = 3;

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
      minWidth: 150,
      cell: token => <CellText title={token.name} description={token.hint} />,
    },
    {
      id: 'owner',
      label: 'Kind and owner',
      defaultWidth: '2fr',
      minWidth: 150,
      cell: token => (
        <CellText title={nameOfKind(token.kind)} description={token.owner} />
      ),
    },
    {
      id: 'scopes',
      label: 'Scopes',
      defaultWidth: '2fr',
      minWidth: 180,
      cell: token => (
        <Cell>
          <ScopeSummary scopes={token.scopes} />
        </Cell>
      ),
    },
    {
      id: 'status',
      label: 'Status',
      defaultWidth: '1fr',
      minWidth: 120,
      cell: token => (
        <Cell>
          <TokenState status={token.status} />
        </Cell>
      ),
    },
    {
      id: 'expires',
      label: 'Expires',
      defaultWidth: '1fr',
      minWidth: 120,
      cell: token => <TimeCell time={token.expiresAt} />,
    },
    {
      id: 'used',
      label: 'Last used',
      defaultWidth: '1fr',
      minWidth: 120,
      cell: token => <TimeCell time={token.lastUsedAt} />,
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
        {mayWrite && isLive && <MenuItem id="revoke">Revoke</MenuItem>}
      </Menu>
    </MenuTrigger>
  );
}

/** The name of a kind of tokens, also of one that is not made here. */
export function nameOfKind(kind: Token['kind']): string {
  return TOKEN_KINDS.find(entry => entry.kind === kind)?.label ?? kind;
}

/** A point in time on two lines; the table has many columns. */
function TimeCell({ time }: { time: string | undefined }) {
  return time ? (
    <CellText title={formatDate(time)} description={formatTimeOfDay(time)} />
  ) : (
    <CellText title="Never" />
  );
}

function ScopeSummary({ scopes }: { scopes: readonly string[] }) {
  const more = scopes.length - SHOWN_SCOPES;
  return (
    <>
      {scopes.slice(0, SHOWN_SCOPES).map(scope => (
        <Text
          key={scope}
          as="div"
          variant="body-small"
          style={{ overflowWrap: 'anywhere' }}
        >
          {scope}
        </Text>
      ))}
      {more > 0 && (
        <Text as="div" variant="body-small" color="secondary">
          and {more} more
        </Text>
      )}
    </>
  );
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
