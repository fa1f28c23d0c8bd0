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

import { InputError, NotFoundError } from '@backstage/errors';
import express from 'express';
import Router from 'express-promise-router';

/** What the weather is like, always: the example should end the same way each time. */
const CITIES: ReadonlyMap<string, { city: string; celsius: number }> = new Map(
  [
    { city: 'Oslo', celsius: -4 },
    { city: 'Berlin', celsius: 16 },
    { city: 'Lagos', celsius: 31 },
  ].map(weather => [weather.city.toLocaleLowerCase('en-US'), weather]),
);

/** Serves `GET /current?city=`. */
export function createWeatherRouter(): express.Router {
  const router = Router();
  router.get('/current', async (req, res) => {
    const { city } = req.query;
    if (typeof city !== 'string' || city.length > 100) {
      throw new InputError('Name one city, in at most 100 characters');
    }
    const weather = CITIES.get(city.toLocaleLowerCase('en-US'));
    if (!weather) {
      throw new NotFoundError('There is no weather for this city');
    }
    res.json(weather);
  });
  return router;
}
