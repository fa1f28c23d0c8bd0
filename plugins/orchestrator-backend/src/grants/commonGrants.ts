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

import { intersectGrants, type Grant } from './Grant';

/**
 * What two resolutions of the same configuration both give. A grant that is in both stays whole; of the others, their triples in
 * common are left.
 */
export function commonGrants(
  one: readonly Grant[],
  other: readonly Grant[],
): readonly Grant[] {
  const isIn =
    (grants: readonly Grant[]) =>
    ({ name }: Grant) =>
      grants.some(grant => grant.name === name);
  const isOnlyInOne = one.filter(grant => !isIn(other)(grant));
  const isOnlyInOther = other.filter(grant => !isIn(one)(grant));
  return [
    ...one.filter(isIn(other)),
    ...intersectGrants(isOnlyInOne, isOnlyInOther),
  ];
}
