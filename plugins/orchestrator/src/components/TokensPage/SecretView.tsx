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

import { Alert, Button, DialogBody, DialogFooter, Flex } from '@backstage/ui';
import { RiFileCopyLine } from '@remixicon/react';
import { useRef, useState } from 'react';
import { Code } from '../Code';

/** Shows a secret for the one time that it can be shown, and copies it. */
export function SecretView(props: {
  secret: string;
  /** What else there is to know, for example how long the old secret goes on. */
  note?: string;
  onDone: () => void;
}) {
  const { secret, note, onDone } = props;
  const text = useRef<HTMLDivElement>(null);
  const [outcome, setOutcome] = useState<'copied' | 'selected'>();

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      setOutcome('copied');
    } catch {
      // A page that is not served over TLS has no clipboard, and a user can forbid it.
      if (text.current) getSelection()?.selectAllChildren(text.current);
      setOutcome('selected');
    }
  };

  return (
    <>
      <DialogBody>
        <Flex direction="column" gap="3">
          <Alert
            role="status"
            status="warning"
            icon
            title="Copy the secret now: it is not shown again"
            description={`Keep it where only you and what uses it can read it. Whoever has it can do what the token may.${
              note ? ` ${note}` : ''
            }`}
          />
          <div ref={text}>
            <Code label="Secret">{secret}</Code>
          </div>
          <div role="status">
            {outcome === 'copied' && 'The secret is in the clipboard.'}
            {outcome === 'selected' &&
              'The browser does not allow it: copy the selected text yourself.'}
          </div>
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button
          variant="primary"
          iconStart={<RiFileCopyLine aria-hidden />}
          onPress={copy}
          // eslint-disable-next-line jsx-a11y/no-autofocus -- the button that had the focus has gone with the form
          autoFocus
        >
          Copy the secret
        </Button>
        <Button variant="secondary" onPress={onDone}>
          I have copied it
        </Button>
      </DialogFooter>
    </>
  );
}
