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

import type { Message } from './Message';

/** Characters of a body that is read with the list of an inbox. */
const SHORT = 1_024;

/** A message without what may be long in it: what says whether a run can do something with it. */
function cut(message: Message): Message['body'] {
  if (message.kind === 'event') {
    const { data: _data, ...attributes } = message.body;
    return attributes;
  }
  const { key, outcome } = message.body;
  return 'value' in outcome
    ? { key, outcome: { value: null } }
    : { key, outcome: { failure: { ...outcome.failure, message: '' } } };
}

/**
 * What is read of a long message until a run takes it.
 *
 * @param body - the message's, as JSON
 * @returns JSON; null where the body is short, so that it is read itself
 */
export function headOf(message: Message, body: string): string | null {
  return body.length <= SHORT ? null : JSON.stringify(cut(message));
}
