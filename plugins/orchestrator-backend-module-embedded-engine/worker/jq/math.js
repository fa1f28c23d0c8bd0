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

'use strict';

const { number } = require('./checks');

/** Functions of numbers: (input, ...arguments) => result. */
const math = {
  'infinite/0': () => Infinity,
  'nan/0': () => NaN,
  'isinfinite/0': value =>
    !Number.isFinite(number(value)) && !Number.isNaN(value),
  'isnan/0': value => Number.isNaN(number(value)),
  'isnormal/0': value =>
    Number.isFinite(number(value)) &&
    Math.abs(value) >= 2.2250738585072014e-308,
  'abs/0': value => Math.abs(number(value)),
};

const MATH = [
  'floor',
  'ceil',
  'sqrt',
  'round',
  'trunc',
  'cbrt',
  'exp',
  'expm1',
  'log',
  'log2',
  'log10',
  'log1p',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
];
for (const name of MATH) {
  math[`${name}/0`] = value => Math[name](number(value));
}
math['fabs/0'] = value => Math.abs(number(value));
math['rint/0'] = value => {
  const floor = Math.floor(number(value));
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
};
math['nearbyint/0'] = math['rint/0'];
math['exp2/0'] = value => 2 ** number(value);
math['exp10/0'] = value => 10 ** number(value);
math['significand/0'] = value =>
  number(value) / 2 ** Math.floor(Math.log2(Math.abs(value)));
math['logb/0'] = value => Math.floor(Math.log2(Math.abs(number(value))));
math['pow/2'] = (_value, a, b) => number(a) ** number(b);
math['atan2/2'] = (_value, a, b) => Math.atan2(number(a), number(b));
math['fmin/2'] = (_value, a, b) => Math.min(number(a), number(b));
math['fmax/2'] = (_value, a, b) => Math.max(number(a), number(b));
math['fmod/2'] = (_value, a, b) => number(a) % number(b);
math['ldexp/2'] = (_value, a, b) => number(a) * 2 ** number(b);

module.exports = { math };
