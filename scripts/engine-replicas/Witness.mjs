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

// What the database itself saw of every write of the engine: which process wrote, in which transaction, and who had the run then.
import pg from 'pg';

/** What a run's transaction writes beside the row of the run. */
const FENCED_TABLES = [
  'embedded_nodes',
  'embedded_journal',
  'embedded_logs',
  'embedded_history',
  'embedded_produced',
];

const SETUP = `
  create table witness_owners (id text, writer text);
  insert into witness_owners select id, $writer from embedded_owners;
  create table witness_runs (
    seq bigserial, at double precision, tx bigint, writer text, run_id text, op text,
    old_rev bigint, new_rev bigint, old_owner text, new_owner text, old_status text, new_status text,
    changed boolean, lease_holds boolean
  );
  create table witness_parts (at double precision, tx bigint, writer text, run_id text, part text, call_key text);

  create function witness_now() returns double precision language sql as
    $$ select extract(epoch from clock_timestamp()) * 1000 $$;

  create function witness_owner() returns trigger language plpgsql as $$ begin
    insert into witness_owners values (new.id, current_setting('application_name'));
    return null;
  end $$;
  create trigger witness after insert on embedded_owners for each row execute function witness_owner();

  create function witness_run() returns trigger language plpgsql as $$ begin
    insert into witness_runs (at, tx, writer, run_id, op, old_rev, new_rev, old_owner, new_owner, old_status, new_status, changed,
        lease_holds)
      values (witness_now(), txid_current(), current_setting('application_name'), new.id, tg_op,
        case when tg_op = 'UPDATE' then old.rev end, new.rev,
        case when tg_op = 'UPDATE' then old.owner end, new.owner,
        case when tg_op = 'UPDATE' then old.status end, new.status,
        case when tg_op = 'UPDATE'
          then (old.state, old.data, old.status) is distinct from (new.state, new.data, new.status) else true end,
        case when tg_op = 'UPDATE' then exists (select from embedded_owners where id = old.owner and lease_until > witness_now()) end);
    return null;
  end $$;
  create trigger witness after insert or update on embedded_runs for each row execute function witness_run();

  create function witness_part() returns trigger language plpgsql as $$ begin
    insert into witness_parts values (witness_now(), txid_current(), current_setting('application_name'), new.run_id,
      tg_table_name, to_jsonb(new) ->> 'call_key');
    return null;
  end $$;
`;

/** Watches the tables of the engine by triggers, and says afterwards what was wrong. */
export class Witness {
  #client;

  constructor(client) {
    this.#client = client;
  }

  /**
   * @param {string} connectionString of the database of the plugin
   * @param {string} writer the only process that has written so far, by its application_name
   */
  static async begin(connectionString, writer) {
    const client = new pg.Client({
      connectionString,
      application_name: 'witness',
    });
    await client.connect();
    const tables = FENCED_TABLES.map(
      table =>
        `create trigger witness after insert or update on ${table} for each row execute function witness_part();`,
    );
    await client.query(
      (SETUP + tables.join('\n')).replace('$writer', () =>
        pg.escapeLiteral(writer),
      ),
    );
    return new Witness(client);
  }

  async end() {
    await this.#client.end();
  }

  async #rows(sql, values = []) {
    return (await this.#client.query(sql, values)).rows;
  }

  /** How many runs of a status there are. */
  async countRuns(status) {
    const [{ count }] = await this.#rows(
      'select count(*)::int from embedded_runs where status = $1',
      [status],
    );
    return count;
  }

  /** The runs that a process has now. */
  async runsOf(writer) {
    const rows = await this.#rows(
      `select r.id from embedded_runs r join witness_owners o on o.id = r.owner where o.writer = $1 and r.status = 'ACTIVE'`,
      [writer],
    );
    return rows.map(({ id }) => id);
  }

  /** Whether a process is in the middle of a transaction that has changed runs. */
  async isWriting(writer) {
    const rows = await this.#rows(
      `select a.pid from pg_stat_activity a join pg_locks l on l.pid = a.pid
        where a.application_name = $1 and a.state = 'idle in transaction'
          and l.relation = 'embedded_runs'::regclass and l.mode = 'RowExclusiveLock'`,
      [writer],
    );
    return rows.length > 0;
  }

  /** @returns {Promise<Map<string, number>>} when each recorded result was written, by the key of its call; milliseconds */
  async recorded() {
    const rows = await this.#rows(
      `select run_id, call_key, min(at) as at from witness_parts where part = 'embedded_journal' group by 1, 2`,
    );
    return new Map(
      rows.map(({ run_id: run, call_key: key, at }) => [`${run}.${key}`, at]),
    );
  }

  /** The runs with their parents and data. */
  async runs() {
    return this.#rows(
      'select id, definition_id, status, parent_id, provenance, data from embedded_runs',
    );
  }

  /** How often each run came to an end. */
  async ends() {
    const rows = await this.#rows(
      `select run_id, count(*)::int from witness_runs
        where old_status = 'ACTIVE' and new_status <> 'ACTIVE' group by 1`,
    );
    return new Map(rows.map(({ run_id: run, count }) => [run, count]));
  }

  /** How many runs were taken from a process by others. */
  async takenFrom(writer) {
    const [{ count }] = await this.#rows(
      `select count(distinct run_id)::int from witness_runs w join witness_owners o on o.id = w.old_owner
        where o.writer = $1 and w.writer <> $1`,
      [writer],
    );
    return count;
  }

  /** Changes of runs by a process that did not have them. */
  writesOfOthers() {
    return this.#rows(`
      select w.* from witness_runs w left join witness_owners o on o.id = w.old_owner
        where w.op = 'UPDATE' and w.changed and (o.id is null or o.writer <> w.writer)`);
  }

  /** Runs that were taken from a process whose lease held. */
  takenTooEarly() {
    return this.#rows(`
      select w.* from witness_runs w join witness_owners o on o.id = w.old_owner
        where w.new_owner is distinct from w.old_owner and w.writer <> o.writer and w.lease_holds`);
  }

  /** Changes whose revision does not follow on the one before: two have written at once, or one over another. */
  brokenRevisions() {
    return this.#rows(`
      select * from (
        select w.*, lag(new_rev) over (partition by run_id order by seq) as previous from witness_runs w
      ) chain
        where op = 'UPDATE' and (old_rev <> previous or new_rev < old_rev
          or (new_rev <> old_rev + 1 and (changed or new_owner is distinct from old_owner)))`);
  }

  /** Results, nodes, logs and histories that were stored without the row of their run. */
  unfencedParts() {
    return this.#rows(`
      select p.part, p.run_id, p.writer from witness_parts p
        where not exists (select from witness_runs w where w.run_id = p.run_id and w.tx = p.tx and w.writer = p.writer)`);
  }
}
