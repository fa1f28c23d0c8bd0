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
import { Select, Text } from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useState } from 'react';
import { orchestratorApiRef } from '../../api';
import { formatTime } from '../../format/formatTime';
import { useFormAction } from '../../hooks/useFormAction';
import { DEFAULT_OVERLAP_SECONDS, OVERLAPS } from '../../tokens/durations';
import { readFormFaults } from '../../tokens/readFormFaults';
import { LifetimeField } from './LifetimeField';
import { MintDialog } from './MintDialog';

type Token = components['schemas']['Token'];

const FIELDS = ['overlapSeconds', 'expiresInSeconds'] as const;

/** Gives a token a new secret and shows it. */
export function RotateTokenDialog(props: {
  token: Token;
  onRotated: () => void;
  onClose: () => void;
}) {
  const { token, onRotated, onClose } = props;
  const api = useApi(orchestratorApiRef);
  const [overlapSeconds, setOverlap] = useState(DEFAULT_OVERLAP_SECONDS);
  const [expiresInSeconds, setLifetime] = useState<number>();
  const [rotated, setRotated] =
    useState<components['schemas']['TokenWithSecret']>();
  const form = useFormAction<(typeof FIELDS)[number]>(error =>
    readFormFaults(error, FIELDS),
  );
  const oldEnds = rotated?.token.previousSecretExpiresAt;

  const submit = () =>
    form.run(async () => {
      setRotated(
        await api.rotateToken(token.id, { overlapSeconds, expiresInSeconds }),
      );
      onRotated();
    });

  return (
    <MintDialog
      title={`Rotate ${token.name}?`}
      submit="Rotate the token"
      refused="The token was not rotated"
      form={form}
      secret={rotated?.secret}
      secretTitle="The token has a new secret"
      secretNote={
        oldEnds
          ? `The old secret goes on until ${formatTime(oldEnds)}.`
          : 'The old secret is refused from now on.'
      }
      onSubmit={submit}
      onClose={onClose}
    >
      <Text as="p" style={{ margin: 0 }}>
        The token gets a new secret and keeps its id, its name and what it may
        do.
      </Text>
      <Select
        label="The old secret goes on for"
        description="Long enough to put the new one in its place. It never outlives its own end."
        options={OVERLAPS.map(({ seconds, label }) => ({
          id: String(seconds),
          label,
        }))}
        value={String(overlapSeconds)}
        onChange={key => {
          setOverlap(Number(key));
          form.clear('overlapSeconds');
        }}
        {...form.fieldProps('overlapSeconds')}
      />
      <LifetimeField
        description="Counted for the new secret, from now on."
        value={expiresInSeconds}
        onChange={seconds => {
          setLifetime(seconds);
          form.clear('expiresInSeconds');
        }}
        {...form.fieldProps('expiresInSeconds')}
      />
    </MintDialog>
  );
}
