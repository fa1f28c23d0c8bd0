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

import { mockServices } from '@backstage/backend-test-utils';
import { ForwardedForWarning } from './ForwardedForWarning';

function create(backend: Record<string, boolean | number | string>) {
  const logger = mockServices.logger.mock();
  const warning = new ForwardedForWarning({
    config: mockServices.rootConfig({ data: { backend } }),
    logger,
  });
  return { logger, warning };
}

describe('ForwardedForWarning', () => {
  it('warns once of a proxy that the backend does not know of', () => {
    const { logger, warning } = create({ baseUrl: 'http://localhost:7007' });
    warning.seen({ authorization: 'Bearer x' });
    expect(logger.warn).not.toHaveBeenCalled();
    warning.seen({ 'x-forwarded-for': '192.0.2.99' });
    warning.seen({ 'x-forwarded-for': '192.0.2.98' });
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(logger.warn).toHaveBeenCalledWith(
      expect.stringContaining('backend.trustProxy'),
    );
    // Anybody can write anything into the header.
    expect(logger.warn).not.toHaveBeenCalledWith(
      expect.stringContaining('192.0.2.99'),
    );
  });

  it.each([true, 1, 'loopback', false])(
    'is silent where trustProxy is %s: somebody has decided',
    trustProxy => {
      const { logger, warning } = create({ trustProxy });
      warning.seen({ 'x-forwarded-for': '192.0.2.99' });
      expect(logger.warn).not.toHaveBeenCalled();
    },
  );
});
