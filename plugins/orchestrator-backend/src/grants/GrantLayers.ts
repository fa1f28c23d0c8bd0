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
  intersectGrants,
  limitGrants,
  type Grant,
  type ScopeLimit,
} from './Grant';

/** The grants of a principal and everything that narrows them but the permission policy, one by one. */
export interface GrantLayers {
  /** What the configuration grants; absent where the token alone decides. */
  readonly held?: readonly Grant[];
  /** What the presented token allows. */
  readonly token?: readonly Grant[];
  /** The cap of the plugin that calls on the principal's behalf. */
  readonly actor?: ScopeLimit;
  /** What Backstage restricts the external token to. */
  readonly accessRestrictions?: ScopeLimit;
}

/** The names of the layers, in the order in which they narrow. */
export const GRANT_LAYERS = [
  'grants',
  'token',
  'actor',
  'accessRestrictions',
] as const;

/** One of {@link GRANT_LAYERS}. */
export type GrantLayer = (typeof GRANT_LAYERS)[number];

/** Whether a layer is there to narrow anything. */
export function hasLayer(layers: GrantLayers, layer: GrantLayer): boolean {
  return layers[layer === 'grants' ? 'held' : layer] !== undefined;
}

/** What one layer leaves of grants. */
export function applyLayer(
  layers: GrantLayers,
  layer: GrantLayer,
  grants: readonly Grant[] | undefined,
): readonly Grant[] | undefined {
  switch (layer) {
    case 'grants':
      return layers.held;
    case 'token':
      if (!layers.token) return grants;
      return grants ? intersectGrants(grants, layers.token) : layers.token;
    default: {
      const limit = layers[layer];
      return limit && grants ? limitGrants(grants, limit) : grants;
    }
  }
}

/** What all layers together leave. */
export function narrowedGrants(layers: GrantLayers): readonly Grant[] {
  return (
    GRANT_LAYERS.reduce<readonly Grant[] | undefined>(
      (grants, layer) => applyLayer(layers, layer, grants),
      undefined,
    ) ?? []
  );
}
