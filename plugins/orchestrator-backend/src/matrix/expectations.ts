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
operation                     none garbage basic expired wrongAudience limited cookie user secondUser admin policyDenied policyConditional onBehalf plugin relayed unrestricted byPlugin byPermission byAction byOtherPlugin narrowed personal group service trigger bootstrap revoked
getHealth                     200  200     200   200     200           200     200    200  200        200   200          200               200      200    200     200          200      200          200      200           200    200      200      200      200      200      200
getProtectedResourceMetadata  200  200     200   200     200           200     200    200  200        200   200          200               200      200    200     200          200      200          200      200           200    200      200      200      200      200      200
getWhoami                     401  401     401   401     401           401     401    200  200        200   200          200               200      200    200     200          200      200          200      403           200    200      200      200      200      200      401
getScopes                     401  401     401   401     401           401     401    200  200        200   200          200               200      200    200     200          200      200          200      403           200    200      200      200      403      200      401
getWorkflowStatuses           401  401     401   401     401           401     401    200  200        200   200          200               200      200    200     200          200      200          200      403           200    200      200      200      403      200      401
explain                       401 401 401 401 401 401 401 200 200 200 200 200 200 200 200 200 200 200 200 403 200 200 200 200 403 200 401
listTokens                    401 401 401 401 401 401 401 200 200 200 403 403 200 403 403 403 403 403 403 403 403 200 403 403 403 200 401
createToken                   401 401 401 401 401 401 401 201 201 201 403 403 403 403 403 403 403 403 403 403 403 201 403 400 403 403 401
revokeAllTokens               401 401 401 401 401 401 401 200 200 200 403 403 200 403 403 403 403 403 403 403 403 200 403 200 403 200 401
introspectToken               401 401 401 401 401 401 401 403 403 200 403 403 403 403 403 403 403 403 403 403 403 403 403 200 403 200 401
revokeTokenBySecret           401 401 401 401 401 401 401 200 200 200 200 200 200 200 200 200 200 200 200 403 200 200 200 200 200 200 401
getToken                      401 401 401 401 401 401 401 200 404 200 403 403 200 403 403 403 403 403 403 403 403 200 403 403 403 200 401
updateToken                   401 401 401 401 401 401 401 200 404 200 403 403 200 403 403 403 403 403 403 403 403 200 403 200 403 403 401
deleteToken                   401 401 401 401 401 401 401 204 404 204 403 403 204 403 403 403 403 403 403 403 403 204 403 204 403 403 401
rotateToken                   401 401 401 401 401 401 401 200 404 403 403 403 403 403 403 403 403 403 403 403 403 200 403 403 403 403 401
revokeToken                   401 401 401 401 401 401 401 200 404 200 403 403 200 403 403 403 403 403 403 403 403 200 403 200 403 403 401
listAuditEvents               401 401 401 401 401 401 401 403 403 200 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 200 401
verifyAudit                   401 401 401 401 401 401 401 403 403 200 403 403 403 403 403 403 403 403 403 403 403 403 403 403 403 200 401
getWorkflowsOverview          401  401     401   401     401           401     401    200  200        200   200          200               200      200    403     403          200      403          200      403           403    200      200      200      403      403      401
getWorkflowsOverviewForEntity 401  401     401   401     401           401     401    200  200        200   200          200               200      200    403     403          200      403          200      403           403    200      200      200      403      403      401
getWorkflowOverviewById       401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      403          200      403           403    200      200      200      403      403      401
getWorkflowSourceById         401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      403          200      403           403    200      200      200      403      403      401
getWorkflowInputSchemaById    401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      403          200      403           403    200      200      200      403      403      401
pingWorkflowServiceById       401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      403          200      403           403    200      200      200      403      403      401
getInstances                  401  401     401   401     401           401     401    200  200        200   200          200               200      200    403     403          200      403          200      403           403    200      200      200      403      403      401
getWorkflowInstances          401  401     401   401     401           401     401    200  200        200   200          200               200      200    403     403          200      403          200      403           403    200      200      200      403      403      401
getInstanceById               401  401     401   401     401           401     401    200  404        200   403          404               200      200    403     403          200      403          404      403           403    200      200      200      403      403      401
getWorkflowLogById            401  401     401   401     401           401     401    200  404        200   403          404               200      200    403     403          200      403          404      403           403    200      200      200      403      403      401
streamInstanceEvents            401  401     401   401     401           401     401    200  404        200   403          404               200      200    403     403          200      403          404      403           403    200      200      200      403      403      401
executeWorkflow               401  401     401   401     401           401     401    200  200        200   403          404               200      200    403     403          200      200          403      403           403    200      200      200      200      403      401
abortWorkflow                 401  401     401   401     401           401     401    200  404        200   403          404               200      200    403     403          200      200          403      403           403    200      200      200      403      403      401
signalInstance                 401  401     401   401     401           401     401    202  404        202   403          404               202      202    403     403          202      202          403      403           403    202      202      202      403      403      401
retriggerInstance             401  401     401   401     401           401     401    200  404        200   403          404               200      200    403     403          200      200          403      403           403    200      200      200      403      403      401
receiveEvent 401 401 401 401 401 401 401 202 202 202 403 202 202 202 403 403 202 202 403 403 202 202 202 202 202 403 401
createWorkflow                401  401     401   401     401           401     401    403  403        201   403          403               403      403    403     403          403      403          403      403           403    403      403      403      403      403      401
updateWorkflow                401  401     401   401     401           401     401    403  403        200   403          403               403      403    403     403          403      403          403      403           403    403      403      403      403      403      401
deleteWorkflow                401  401     401   401     401           401     401    403  403        204   403          403               403      403    403     403          403      403          403      403           403    403      403      403      403      403      401
`;

/** The same for a caller without a credential in the modes that let one in. */
const ANONYMOUS_TABLE = `
operation                     optional optionalGranted disabled
getHealth                     200      200             200
getProtectedResourceMetadata  200      200             200
getWhoami                     200      200             200
getScopes                     200      200             200
getWorkflowStatuses           200      200             200
explain                       200 200 200
listTokens                    401 401 401
createToken                   401 401 401
revokeAllTokens               401 401 401
introspectToken               401 401 401
revokeTokenBySecret           200 200 200
getToken                      401 401 401
updateToken                   401 401 401
deleteToken                   401 401 401
rotateToken                   401 401 401
revokeToken                   401 401 401
listAuditEvents               401 401 401
verifyAudit                   401 401 401
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
streamInstanceEvents            401      401             200
executeWorkflow               401      401             200
abortWorkflow                 401      401             200
signalInstance                 401      401             202
retriggerInstance             401      401             200
receiveEvent 401 401 202
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
