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
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Text,
} from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { Fragment, type ReactNode } from 'react';
import { formatTime } from '../../format/formatTime';
import { readableColors } from '../../theme/readableColors';
import { TokenState } from './TokenState';
import { nameOfKind } from './TokenTable';

type Token = components['schemas']['Token'];

const SUSPENDED =
  'Its owner has not been seen here for too long, or is gone from the catalog. It comes back when the owner opens this page.';

/** All that is known of a token. Its secret is not. */
export function TokenDetailsDialog(props: {
  token: Token;
  onClose: () => void;
}) {
  const { token, onClose } = props;
  return (
    <Dialog
      isOpen
      width={560}
      style={readableColors}
      onOpenChange={open => {
        if (!open) onClose();
      }}
    >
      <DialogHeader>{token.name}</DialogHeader>
      <DialogBody>
        <dl
          style={{
            display: 'grid',
            gap: 'var(--bui-space-2) var(--bui-space-4)',
            gridTemplateColumns: 'max-content 1fr',
            margin: 0,
            overflowWrap: 'anywhere',
          }}
        >
          {entriesOf(token).map(([label, value]) => (
            <Fragment key={label}>
              <dt>
                <Text color="secondary">{label}</Text>
              </dt>
              <dd style={{ margin: 0 }}>
                {typeof value === 'string' ? <Text>{value}</Text> : value}
              </dd>
            </Fragment>
          ))}
        </dl>
      </DialogBody>
      <DialogFooter>
        <Button variant="secondary" slot="close">
          Close
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

function entriesOf(token: Token): [string, ReactNode][] {
  const entries: [string, ReactNode][] = [
    ['Status', <TokenState key="status" status={token.status} />],
    ['Suspended', token.status === 'suspended' && SUSPENDED],
    ['Description', token.description],
    ['Id', token.id],
    ['Looks like', token.hint],
    ['Kind', nameOfKind(token.kind)],
    ['Owner', token.owner],
    ['Workflow', token.workflowId],
    ['Scopes', token.scopes.join(', ')],
    ['Workspaces', listOf(token.workspaces)],
    ['Only from', token.allowedCidrs?.join(', ')],
    ['Created', `${formatTime(token.createdAt)} by ${token.createdBy}`],
    ['Expires', formatTime(token.expiresAt)],
    ['Rotated', token.rotatedAt && formatTime(token.rotatedAt)],
    [
      'Old secret ends',
      token.previousSecretExpiresAt &&
        formatTime(token.previousSecretExpiresAt),
    ],
    [
      'Last used',
      token.lastUsedAt
        ? `${formatTime(token.lastUsedAt)}${
            token.lastUsedFrom ? ` from ${token.lastUsedFrom}` : ''
          }`
        : 'Never',
    ],
    ['Used', token.useCount === 1 ? 'Once' : `${token.useCount} times`],
    [
      'Revoked',
      token.revokedAt &&
        `${formatTime(token.revokedAt)}${
          token.revokedBy ? ` by ${token.revokedBy}` : ''
        }`,
    ],
    ['Reason', token.revocationReason],
  ];
  return entries.filter(([, value]) => Boolean(value));
}

function listOf(workspaces: Token['workspaces']): string {
  return Array.isArray(workspaces) ? workspaces.join(', ') : 'All';
}
