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

import { Alert } from '@backstage/ui';
import type { FormFaults } from '../../tokens/readFormFaults';
import { ErrorMessage } from '../Feedback';

/** Says that a form was refused: points at the fields that say why, and shows what belongs to none of them. */
export function FormAlert(props: { title: string; faults: FormFaults }) {
  const { title, faults } = props;
  if (faults.rest) {
    return <ErrorMessage title={title} error={faults.rest} />;
  }
  return Object.keys(faults.fields).length > 0 ? (
    <Alert
      role="alert"
      status="danger"
      icon
      title={title}
      description="Put right what is marked above."
    />
  ) : null;
}
