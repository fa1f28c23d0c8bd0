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

import type { HumanDuration } from '@backstage/types';

export interface Config {
  orchestrator?: {
    workflowLogProvider?: {
      /** Grafana Loki, which has the logs of runs whose engine keeps none. */
      loki?: {
        /**
         * The address of Loki, to which `/loki/api/v1/query_range` is added: an absolute URL without credentials, query and
         * fragment. In production it must begin with https://.
         * @visibility backend
         */
        baseUrl: string;
        /**
         * The bearer token for Loki.
         * @visibility secret
         */
        token: string;
        /**
         * The hosts that baseUrl may have; an entry that begins with a dot stands for a domain and all below it. All where absent.
         * @visibility backend
         */
        allowedHosts?: string[];
        /**
         * Whether baseUrl may begin with http:// in production. Default: false.
         * @visibility backend
         */
        allowInsecureHttp?: boolean;
        /**
         * Whether the certificate of Loki must be one that Node.js trusts. Default: true.
         * @visibility backend
         */
        rejectUnauthorized?: boolean;
        /**
         * The streams to look in. Default: the application logs of OpenShift, `openshift_log_type="application"`.
         */
        logStreamSelectors?: Array<{
          /**
           * A label. Default: openshift_log_type.
           * @visibility backend
           */
          label?: string;
          /**
           * An operator and a quoted text, for example `=~"shop-.+"`. Default: `="application"`.
           * @visibility backend
           */
          value?: string;
        }>;
        /**
         * What follows in the pipeline after the filter for the id of the run, for example `| json`.
         * @visibility backend
         */
        logPipelineFilters?: string[];
        /**
         * The most lines of one answer, the newest where there are more. Default: 100.
         * @visibility backend
         */
        limit?: number;
        /**
         * How long Loki may take; one minute at most. Default: 10 seconds.
         * @visibility backend
         */
        timeout?: HumanDuration | string;
        /**
         * The most bytes of one answer. Default: 10,000,000.
         * @visibility backend
         */
        maxResponseBytes?: number;
      };
    };
  };
}
