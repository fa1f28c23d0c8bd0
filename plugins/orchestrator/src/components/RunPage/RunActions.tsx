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
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
} from '@backstage/ui';
import type { components } from '@flowgate/backstage-plugin-orchestrator-common';
import { useState } from 'react';
import { orchestratorApiRef } from '../../api';
import { readableColors } from '../../theme/readableColors';
import { ErrorMessage } from '../Feedback';
import { isActiveState } from '../RunState';

type Run = components['schemas']['ProcessInstanceDTO'];

/** Aborts a run that has not ended, or runs a failed one again. */
export function RunActions(props: { run: Run; onChanged: () => void }) {
  const { run, onChanged } = props;
  const api = useApi(orchestratorApiRef);
  // What is asked stays while the dialog fades out.
  const [asked, setAsked] = useState<'abort' | 'retrigger'>('abort');
  const [isOpen, setOpen] = useState(false);
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<Error>();
  const failed = run.state === 'ERROR';

  const open = (action: 'abort' | 'retrigger') => {
    setAsked(action);
    setError(undefined);
    setOpen(true);
  };
  const confirm = async () => {
    setPending(true);
    setError(undefined);
    try {
      if (asked === 'abort') {
        await api.abortRun(run.id);
      } else {
        await api.retriggerRun({
          workflowId: run.processId,
          instanceId: run.id,
        });
      }
      setOpen(false);
    } catch (caught) {
      setError(caught as Error);
    } finally {
      setPending(false);
      // A refusal often means that the run has changed meanwhile.
      onChanged();
    }
  };

  return (
    <Flex gap="2">
      {failed && (
        <Button variant="primary" onPress={() => open('retrigger')}>
          Retrigger
        </Button>
      )}
      {(failed || isActiveState(run.state)) && (
        <Button variant="secondary" onPress={() => open('abort')}>
          Abort
        </Button>
      )}
      <Dialog isOpen={isOpen} style={readableColors} onOpenChange={setOpen}>
        <DialogHeader>
          {asked === 'abort' ? 'Abort this run?' : 'Run it again?'}
        </DialogHeader>
        <DialogBody>
          <Flex direction="column" gap="3">
            <div>
              {asked === 'abort'
                ? 'It stops where it is and cannot be continued.'
                : 'It goes on from the step that failed, with the data that it has.'}
            </div>
            {error && (
              <ErrorMessage title="The backend refused" error={error} />
            )}
          </Flex>
        </DialogBody>
        <DialogFooter>
          <Button
            variant="primary"
            destructive={asked === 'abort'}
            isPending={isPending}
            onPress={confirm}
          >
            {asked === 'abort' ? 'Abort the run' : 'Retrigger the run'}
          </Button>
          <Button variant="secondary" slot="close">
            Cancel
          </Button>
        </DialogFooter>
      </Dialog>
    </Flex>
  );
}
