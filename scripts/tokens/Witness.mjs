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

// What anybody could have seen of the backend, and the search for secrets in it.
import crypto from 'node:crypto';
import { ORCHESTRATOR_TOKEN } from './tokenText.mjs';

/** What base64 makes of a text in the middle of another, at each of the three places where it can begin. */
function base64Forms(text, encoding) {
  return [0, 1, 2].map(before => {
    const encoded = Buffer.concat([
      Buffer.alloc(before),
      Buffer.from(text),
    ]).toString(encoding);
    // The digits at the ends hold bits of what stands beside.
    return encoded.slice(before === 0 ? 0 : before + 1).replace(/.?=*$/, '');
  });
}

/** All forms in which a secret could stand somewhere. */
function formsOf(text) {
  const secret = ORCHESTRATOR_TOKEN.exec(text)?.groups.secret;
  return [...new Set([text, secret ?? text])].flatMap(part => [
    part,
    ...base64Forms(part, 'base64'),
    ...base64Forms(part, 'base64url'),
    Buffer.from(part).toString('hex'),
  ]);
}

/** The stored form of a secret, which must stand in one table and nowhere else. */
function hashesOf(text) {
  const hash = crypto.createHash('sha256').update(text).digest();
  return ['hex', 'base64', 'base64url'].map(encoding =>
    hash.toString(encoding),
  );
}

/** Gathers what was seen, and the secrets that must not be in it. */
export class Witness {
  #seen = [];
  #secrets = new Map();

  /** How many secrets there are to look for. */
  get secrets() {
    return this.#secrets.size;
  }

  /** How many characters there are to look through. */
  get size() {
    return this.#seen.reduce((sum, { text }) => sum + text.length, 0);
  }

  /**
   * Takes in a text that somebody could have seen.
   *
   * @param {string} place where it was seen, for people
   * @param {string} text
   * @param {{ mayHash?: boolean }} [options] `mayHash`: it is where the hashes of secrets belong
   */
  saw(place, text, { mayHash = false } = {}) {
    this.#seen.push({ place, text, mayHash });
  }

  /**
   * Takes in a secret to look for.
   *
   * @param {string} name what it is, for people
   * @param {string} text
   */
  keep(name, text) {
    this.#secrets.set(text, name);
  }

  /**
   * Looks for secrets in everything that was seen.
   *
   * @param {string[]} [texts] the secrets to look for; absent for all
   * @returns {string[]} which secret was seen, and where; without the secret
   */
  search(texts = [...this.#secrets.keys()]) {
    const found = new Set();
    for (const text of texts) {
      const name = this.#secrets.get(text);
      const forms = [...new Set(formsOf(text))];
      const hashes = hashesOf(text);
      for (const seen of this.#seen) {
        if (forms.some(form => seen.text.includes(form))) {
          found.add(`${name} in ${seen.place}`);
        }
        if (!seen.mayHash && hashes.some(hash => seen.text.includes(hash))) {
          found.add(`the hash of ${name} in ${seen.place}`);
        }
      }
    }
    return [...found].sort();
  }
}
