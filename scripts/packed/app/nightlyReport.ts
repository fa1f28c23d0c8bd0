import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { orchestratorServiceRef } from '@flowgate/backstage-plugin-orchestrator-node';

/** A plugin whose scheduled task starts a run as itself. */
export default createBackendPlugin({
  pluginId: 'nightly-report',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        scheduler: coreServices.scheduler,
        orchestrator: orchestratorServiceRef,
      },
      async init({ auth, scheduler, orchestrator }) {
        await scheduler.scheduleTask({
          id: 'nightly-report',
          frequency: { seconds: 10 },
          timeout: { seconds: 10 },
          initialDelay: { seconds: 2 },
          fn: async () => {
            await orchestrator.execute(
              { workflowId: 'greeting', input: { name: 'nightly-report' } },
              { credentials: await auth.getOwnServiceCredentials() },
            );
          },
        });
      },
    });
  },
});
