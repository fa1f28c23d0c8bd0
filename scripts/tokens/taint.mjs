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

// Looks for every secret in everything that the backend said and kept, and presents everything that it kept as a credential.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { KINDS } from './kinds.mjs';
import { isToken, ORCHESTRATOR_TOKEN, tokenOf } from './tokenText.mjs';

/** The one table that may hold the hashes of secrets. */
const SECRETS = 'orchestrator_token_secrets';
/** How many credentials are presented at the same time. */
const AT_ONCE = 8;

const textOf = value =>
  typeof value === 'string' ? value : JSON.stringify(value) ?? '';

/** One text for each table, with all of its rows. */
function tablesOf(rows) {
  const tables = new Map();
  for (const { table, row } of rows) {
    const text = Object.values(row).map(textOf).join('\n');
    tables.set(table, `${tables.get(table) ?? ''}${text}\n`);
  }
  return tables;
}

function seeTables(witness, rows) {
  for (const [table, text] of tablesOf(rows)) {
    witness.saw(`the table ${table}`, text, {
      mayHash: table.includes(SECRETS),
    });
  }
}

/** All texts in a value, also those in a JSON text. */
function* textsIn(value) {
  if (typeof value === 'string') {
    yield value;
    if (/^\s*[[{"]/.test(value)) {
      let parsed;
      try {
        parsed = JSON.parse(value);
      } catch {
        return;
      }
      yield* textsIn(parsed);
    }
  } else if (Buffer.isBuffer(value)) {
    yield value.toString('latin1');
  } else if (value instanceof Date) {
    yield value.toISOString();
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      yield key;
      yield* textsIn(item);
    }
  } else if (value !== null && value !== undefined) {
    yield String(value);
  }
}

/** What a thief of the database would make of it: well-formed tokens with what is kept of each secret in place of it. */
function forgeries(rows) {
  const codes = new Map();
  for (const { row } of rows) {
    const kind = KINDS.find(one => one.kind === row.kind);
    if (kind) codes.set(row.id, kind.code);
  }
  return rows
    .filter(({ table }) => table.includes(SECRETS))
    .flatMap(({ row: { token_id: id, hash } }) =>
      [hash.slice(0, 43), hash.slice(-43)].map(digits =>
        tokenOf(codes.get(id), id, digits),
      ),
    );
}

/** A well-formed secret that was never minted, to see that the search finds what there is to find. */
function decoy() {
  const digits = crypto.randomBytes(30).toString('hex');
  const text = `orch_svc_${digits}0`;
  assert.match(text, ORCHESTRATOR_TOKEN);
  return text;
}

/**
 * @param {{ witness: import('./Witness.mjs').Witness, backend: import('./TokenBackend.mjs').TokenBackend, caller: import('./Caller.mjs').Caller,
 *   database: { dump(): Promise<{ table: string, row: object }[]>, plant(id: string, text: string): Promise<void> },
 *   check: (name: string, check: () => unknown) => Promise<void> }} options
 */
export async function checkTaint({
  witness,
  backend,
  caller,
  database,
  check,
}) {
  for (const route of ['/audit/events?limit=200', '/audit/verify']) {
    await caller.as('carol', 'GET', route);
  }
  const rows = await database.dump();

  await check(
    'no secret stands in what the backend said or keeps',
    async () => {
      seeTables(witness, rows);
      witness.saw('the log', backend.log);
      for (const kind of ['isAuditEvent', 'metric backstage', 'trace ']) {
        assert.ok(backend.log.includes(kind), `The log holds no ${kind}`);
      }
      for (const table of [
        SECRETS,
        'orchestrator_audit',
        'orchestrator_runs',
      ]) {
        assert.ok(
          rows.some(row => row.table.includes(table)),
          `There is nothing in ${table}`,
        );
      }
      assert.ok(
        witness.secrets > 50,
        `Only ${witness.secrets} secrets were made`,
      );
      assert.deepEqual(witness.search(), []);
      console.log(
        `looked for ${witness.secrets} secrets in ${rows.length} rows and ${witness.size} characters`,
      );
    },
  );

  await check('nothing that the database keeps is a credential', async () => {
    const texts = new Set();
    for (const { row } of rows) {
      for (const text of textsIn(row)) {
        // What no header carries cannot be presented.
        if (/^[\x21-\x7e]{1,4000}$/.test(text)) texts.add(text);
      }
    }
    const forged = forgeries(rows);
    assert.ok(forged.length > 100 && forged.every(isToken));
    forged.forEach(text => texts.add(text));
    const accepted = [];
    const waiting = [...texts];
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let text = waiting.pop(); text; text = waiting.pop()) {
          const { status } = await caller.with(text, 'GET', '/whoami');
          if (![401, 429].includes(status)) accepted.push(`${status}: ${text}`);
        }
      }),
    );
    assert.ok(texts.size > 500, `There were only ${texts.size} texts`);
    assert.deepEqual(accepted, []);
    console.log(`presented ${texts.size} texts of the database`);
  });

  await check('the search finds a secret where one is', async () => {
    const logged = decoy();
    witness.keep('the logged decoy', logged);
    // Backstage logs the URL of a request, and the body of a refusal names a parameter that is not known.
    await caller.as('carol', 'GET', `/whoami?${logged}=1`);
    const end = Date.now() + 10_000;
    while (!backend.log.includes(logged) && Date.now() < end) {
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    witness.saw('the later log', backend.log);
    assert.deepEqual(witness.search([logged]), [
      `the logged decoy in the answer to GET /whoami?${logged}=1`,
      'the logged decoy in the later log',
    ]);

    const { token } = await caller.create({
      kind: 'service',
      minter: 'carol',
      request: { scopes: ['workflows:read'] },
    });
    const { secret } = ORCHESTRATOR_TOKEN.exec(decoy()).groups;
    for (const [name, form] of [
      ['whole', text => text],
      ['secret part', text => text.replace(/^.{21}/, '').slice(0, 43)],
      ['base64', text => Buffer.from(`{"t":"${text}"}`).toString('base64')],
      ['hash', text => crypto.hash('sha256', text, 'hex')],
    ]) {
      const kept = decoy();
      witness.keep(`the decoy (${name})`, kept);
      await database.plant(token.id, `${secret.slice(0, 5)} ${form(kept)}`);
      seeTables(witness, await database.dump());
      const found = witness.search([kept]);
      assert.equal(found.length, 1, `${name}: ${found}`);
      assert.match(found[0], /orchestrator_tokens"?$/);
    }
  });
}
