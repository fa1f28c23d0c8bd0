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

/**
 * What every principal gets from every operation. A row for each operation of openapi.yaml, a column for each principal; a test
 * fails where the document has an operation that is not here, or this table one that the document has not.
 */
const TABLE = `
operation                     none garbage basic expired wrongAudience limited cookie user secondUser admin policyDenied policyConditional onBehalf plugin relayed unrestricted byPlugin byPermission byAction byOtherPlugin narrowed
getHealth                     200  200     200   200     200           200     200    200  200        200   200          200               200      200    200     200          200      200          200      200           200
getProtectedResourceMetadata  200  200     200   200     200           200     200    200  200        200   200          200               200      200    200     200          200      200          200      200           200
getWhoami                     401  401     401   401     401           401     401    200  200        200   200          200               200      200    200     200          200      200          200      403           200
getScopes                     401  401     401   401     401           401     401    200  200        200   200          200               200      200    200     200          200      200          200      403           200
getWorkflowStatuses           401  401     401   401     401           401     401    200  200        200   200          200               200      200    200     200          200      200          200      403           200
getWorkflowsOverview          401  401     401   401     401           401     401    200  200        200   200          200               200      200    403     403          200      403          200      403           403
getWorkflowsOverviewForEntity 401  401     401   401     401           401     401    200  200        200   200          200               200      200    403     403          200      403          200      403           403
getWorkflowOverviewById       401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      403          200      403           403
getWorkflowSourceById         401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      403          200      403           403
getWorkflowInputSchemaById    401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      403          200      403           403
pingWorkflowServiceById       401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      403          200      403           403
getInstances                  401  401     401   401     401           401     401    200  200        200   200          200               200      200    403     403          200      403          200      403           403
getWorkflowInstances          401  401     401   401     401           401     401    200  200        200   200          200               200      200    403     403          200      403          200      403           403
getInstanceById               401  401     401   401     401           401     401    200  404        200   403          404               200      200    403     403          200      403          404      403           403
getWorkflowLogById            401  401     401   401     401           401     401    200  404        200   403          404               200      200    403     403          200      403          404      403           403
executeWorkflow               401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      200          403      403           403
abortWorkflow                 401  401     401   401     401           401     401    200  404        200   403          404               200      200    403     403          200      200          403      403           403
retriggerInstance             401  401     401   401     401           401     401    200  404        200   403          404               200      200    403     403          200      200          403      403           403
createWorkflow                401  401     401   401     401           401     401    403  403        201   403          403               403      403    403     403          403      403          403      403           403
updateWorkflow                401  401     401   401     401           401     401    403  403        200   403          403               403      403    403     403          403      403          403      403           403
deleteWorkflow                401  401     401   401     401           401     401    403  403        204   403          403               403      403    403     403          403      403          403      403           403
`;

/** The same for a caller without a credential in the modes that let one in. */
const ANONYMOUS_TABLE = `
operation                     optional optionalGranted disabled
getHealth                     200      200             200
getProtectedResourceMetadata  200      200             200
getWhoami                     200      200             200
getScopes                     200      200             200
getWorkflowStatuses           200      200             200
getWorkflowsOverview          401      200             200
getWorkflowsOverviewForEntity 401      200             200
getWorkflowOverviewById       401      200             200
getWorkflowSourceById         401      200             200
getWorkflowInputSchemaById    401      200             200
pingWorkflowServiceById       401      200             200
getInstances                  401      401             200
getWorkflowInstances          401      401             200
getInstanceById               401      401             200
getWorkflowLogById            401      401             200
executeWorkflow               401      401             200
abortWorkflow                 401      401             200
retriggerInstance             401      401             200
createWorkflow                401      401             401
updateWorkflow                401      401             401
deleteWorkflow                401      401             401
`;

/** Expected status by operation id, then by the name of the column. */
export type Expectations = Readonly<
  Record<string, Readonly<Record<string, number>>>
>;

function read(table: string): Expectations {
  const [head, ...rows] = table
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/));
  return Object.fromEntries(
    rows.map(([operation, ...cells]) => [
      operation,
      Object.fromEntries(
        head.slice(1).map((name, i) => [name, Number(cells[i])]),
      ),
    ]),
  );
}

export const expectations = read(TABLE);
export const anonymousExpectations = read(ANONYMOUS_TABLE);
