/* eslint-disable */
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { createSonataFlowEngine } from '@flowgate/backstage-plugin-orchestrator-backend-module-sonataflow';
import { FakeDataIndex } from '../../../orchestrator-backend-module-sonataflow/src/__testUtils__/FakeDataIndex';
import { FakeRuntime } from '../../../orchestrator-backend-module-sonataflow/src/__testUtils__/FakeRuntime';
import { FaultProxy } from '../../../orchestrator-backend-module-sonataflow/src/__testUtils__/FaultProxy';
import { RunStore } from '../database/RunStore';
import { StatisticsStore } from '../database/StatisticsStore';
import { countByHand } from '../database/__testUtils__/countByHand';
import { fakeAccess, admin } from './__testUtils__/fakeAccess';
import {
  createIndexDatabase,
  createWorkflowFixture,
} from './__testUtils__/workflowFixture';
import { fromRecord } from '../database/RunRow';
jest.setTimeout(400_000);
const databases = TestDatabases.create({ ids: ['POSTGRES_15', 'SQLITE_3'] });
let seed = Number(process.env.SEED ?? 1);
const rnd = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
const pick = <T>(a: readonly T[]): T => a[Math.floor(rnd() * a.length)];
const sleep = (ms: number) => new Promise(r => setTimeout(r, ms));
for (const dbid of (process.env.DB
  ? [process.env.DB]
  : ['POSTGRES_15', 'SQLITE_3']) as any[])
  test('chaos ' + dbid, async () => {
    const knex = await databases.init(dbid);
    const database = await createIndexDatabase(knex);
    const di = await FakeDataIndex.start();
    const rt = await FakeRuntime.start(di);
    const proxy = await FaultProxy.start(rt.url);
    rt.deploy({ id: 'completes', behaviour: 'completes' });
    rt.deploy({ id: 'kid', behaviour: 'waits' });
    rt.deploy({ id: 'waits', behaviour: 'waits', child: 'kid' });
    rt.deploy({ id: 'fails', behaviour: 'fails' });
    rt.deploy({ id: 'failsOnce', behaviour: 'failsOnce' });
    rt.callItself(proxy.url);
    const make = async () => {
      const engine = createSonataFlowEngine({
        config: {
          id: 'sf',
          dataIndexUrl: di.url,
          timeout: 3000,
          startTimeout: 600,
        },
        logger: mockServices.logger.mock(),
        secondLookAfter: 0,
      } as any);
      return createWorkflowFixture({
        database,
        engines: [engine],
        times: {
          feedInterval: 40,
          reconcileInterval: 100,
          catalogInterval: 2000,
          checkInterval: 1e9,
        } as any,
      });
    };
    let replicas = [await make(), await make()];
    const users = ['ann', 'ben', 'cas'].map(n =>
      fakeAccess({ ref: `user:default/${n}` }),
    );
    const owed = new Map<string, { who: string; wf: string; id?: string }>();
    let stopFaults = false;
    const faults = (async () => {
      while (!stopFaults) {
        proxy.clear();
        const f = pick([
          'none',
          'none',
          'reset',
          'error-500',
          'hang',
          'hang-after',
          'lose-answer',
          'error-503',
          'html',
          'redirect',
        ]);
        const match = (s: any) =>
          (s.method === 'POST' &&
            (s.path.includes('businessKey') || s.path.includes('retrigger'))) ||
          s.method === 'DELETE';
        if (f !== 'none') proxy.inject(f as any, { match } as any);
        if (rnd() < 0.1) {
          di.error = 'boom';
          await sleep(150);
          di.error = undefined;
        }
        await sleep(120);
      }
      proxy.clear();
    })();
    const worker = async (n: number) => {
      for (let i = 0; i < 25; i++) {
        const me = pick(users);
        const wf = pick(['completes', 'waits', 'fails', 'failsOnce']);
        const key = `k-${n}-${i}`;
        const who = me.principal.ref;
        owed.set(`${who}|${wf}|${key}`, { who, wf });
        for (let tries = 0; tries < 60; tries++) {
          try {
            const { id } = await pick(replicas).service.actions.execute(
              me,
              wf,
              { inputData: { n, i } },
              key,
            );
            owed.set(`${who}|${wf}|${key}`, { who, wf, id });
            break;
          } catch (e: any) {
            if (
              ![
                'engine.unavailable',
                'engine.timeout',
                'engine.bad_answer',
              ].includes(e.code)
            )
              console.log('start', e.code, e.message);
            await sleep(200);
          }
        }
        const id = owed.get(`${who}|${wf}|${key}`)!.id;
        if (id && rnd() < 0.5)
          await Promise.all(
            replicas.map(r =>
              (rnd() < 0.5
                ? r.service.actions.abort(me, id)
                : r.service.actions.retrigger(me, wf, id)
              ).catch((e: any) => {
                if (e.status === undefined || e.status === 500)
                  console.log('act', e.message);
              }),
            ),
          );
      }
    };
    const restart = (async () => {
      for (let k = 0; k < 3; k++) {
        await sleep(4000);
        const old = replicas[k % 2];
        await old.stop();
        replicas[k % 2] = await make();
      }
    })();
    await Promise.all([
      ...Array.from({ length: 6 }, (_, n) => worker(n)),
      restart,
    ]);
    stopFaults = true;
    await faults;
    di.error = undefined;
    const runs = new RunStore(database);
    for (let t = 0; t < 100; t++) {
      if ((await runs.unsettled(Number.MAX_SAFE_INTEGER, 10)).length === 0)
        break;
      await sleep(200);
    }
    await sleep(3000);
    const rows = (await knex('orchestrator_runs').select()).map(fromRecord);
    const byId = new Map(rows.map(r => [r.id, r]));
    const problems: string[] = [];
    const left = rows.filter(r => r.start === undefined);
    if (left.length)
      problems.push(
        `${left.length} rows are no runs: ` + JSON.stringify(left.slice(0, 2)),
      );
    const ref = new Map<string, string>();
    for (const [k, { who, wf, id }] of owed) {
      if (!id) {
        problems.push(`never started ${k}`);
        continue;
      }
      const r = byId.get(id);
      if (!r) problems.push(`answered ${id} not in index`);
      else if (r.initiator !== who || r.workflowId !== wf || r.owner !== who)
        problems.push(`${id} belongs to ${r.initiator}`);
    }
    const keys = new Map<string, number>();
    for (const row of di.instances.values()) {
      const r = byId.get(row.id);
      if (!r) {
        problems.push(
          `run ${row.id} of the Data Index is not in the index (${row.state})`,
        );
        continue;
      }
      if (r.state !== row.state)
        problems.push(
          `${row.id} ${row.processId}: index ${r.state} rev ${
            r.revision
          }, Data Index ${row.state} ${Date.parse(row.lastUpdate) * 8}`,
        );
      if (row.parentProcessInstanceId) {
        const p = byId.get(row.parentProcessInstanceId);
        if (p && p.initiator !== r.initiator)
          problems.push(
            `child ${row.id} has ${r.initiator}, parent ${p.initiator}`,
          );
      } else {
        if (r.initiator.startsWith('engine:'))
          problems.push(
            `${row.id} ${row.processId} ${row.state} is ownerless, key ${row.businessKey}`,
          );
        const k = r.idempotencyKey;
        if (k)
          keys.set(
            `${r.initiator}|${r.workflowId}|${k}`,
            (keys.get(`${r.initiator}|${r.workflowId}|${k}`) ?? 0) + 1,
          );
      }
    }
    const perInput = new Map<string, number>();
    for (const row of di.instances.values())
      if (!row.parentProcessInstanceId) {
        const k =
          row.processId +
          JSON.stringify((row.variables as any)?.workflowdatainput) +
          (row.variables as any)?.initiatorEntity;
        perInput.set(k, (perInput.get(k) ?? 0) + 1);
      }
    for (const [k, n] of perInput)
      if (n > 1) problems.push(`${n} runs for one key: ${k}`);
    const stats = await new StatisticsStore(database).ofWorkflows(
      {
        workflows: (admin as any) && undefined,
        ...(await admin.runs('instances:read')),
      } as any,
      undefined,
      0,
    );
    const hand = countByHand(rows as any, 0);
    for (const [wf, s] of hand) {
      const g: any = stats.get(wf);
      for (const [st, n] of s.runs)
        if (g?.runs.get(st) !== n)
          problems.push(`statistics ${wf} ${st}: ${g?.runs.get(st)} but ${n}`);
    }
    console.log(
      dbid,
      'runs',
      rows.length,
      'in DI',
      di.instances.size,
      'problems',
      problems.length,
      '\n' + problems.slice(0, 25).join('\n'),
    );
    for (const r of replicas) await r.stop();
    await proxy.stop();
    await rt.stop();
    await di.stop();
  });
