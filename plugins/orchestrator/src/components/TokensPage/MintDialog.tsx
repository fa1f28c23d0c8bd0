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
  Flex,
} from '@backstage/ui';
import { useId, type FormEvent, type ReactNode } from 'react';
import type { FormAction } from '../../hooks/useFormAction';
import { readableColors } from '../../theme/readableColors';
import { FormAlert } from './FormAlert';
import { SecretView } from './SecretView';

/** A dialog that asks for something and then shows the secret that came of it. It is there as long as it is mounted. */
export function MintDialog(props: {
  title: string;
  submit: string;
  /** What is said above the faults. */
  refused: string;
  form: FormAction<string>;
  /** The fields. */
  children: ReactNode;
  /** The secret, once there is one. */
  secret?: string;
  secretTitle: string;
  secretNote?: string;
  onSubmit: () => void;
  onClose: () => void;
}) {
  const { form, secret, onClose } = props;
  const formId = useId();
  const isHeld = form.isPending || secret !== undefined;
  return (
    <Dialog
      isOpen
      width={640}
      style={readableColors}
      // A press beside the dialog must not lose a secret, nor an answer that is under way.
      isDismissable={!isHeld}
      isKeyboardDismissDisabled={isHeld}
      onOpenChange={open => {
        if (!open && !form.isPending) onClose();
      }}
    >
      <DialogHeader>
        {secret === undefined ? props.title : props.secretTitle}
      </DialogHeader>
      {secret === undefined ? (
        <>
          <DialogBody>
            <form
              id={formId}
              noValidate
              autoComplete="off"
              onSubmit={(event: FormEvent) => {
                event.preventDefault();
                props.onSubmit();
              }}
            >
              <Flex direction="column" gap="4">
                {props.children}
                <FormAlert title={props.refused} faults={form.faults} />
              </Flex>
            </form>
          </DialogBody>
          <DialogFooter>
            <Button
              type="submit"
              form={formId}
              variant="primary"
              isPending={form.isPending}
            >
              {props.submit}
            </Button>
            <Button
              variant="secondary"
              onPress={onClose}
              isDisabled={form.isPending}
            >
              Cancel
            </Button>
          </DialogFooter>
        </>
      ) : (
        <SecretView secret={secret} note={props.secretNote} onDone={onClose} />
      )}
    </Dialog>
  );
}
