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

import type { Expr } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import {
  CelScalar,
  celEnv,
  isCelError,
  mapType,
  parse,
  plan,
} from '@bufbuild/cel';
import type { PrincipalFacts } from './facts';

/** The longest expression, in UTF-8 bytes. */
const MAX_EXPRESSION_BYTES = 2 * 1024;
/** The longest text that an expression gets to see, in UTF-8 bytes. */
const MAX_TEXT_BYTES = 4 * 1024;
/** The most items of a list that an expression gets to see. */
const MAX_ITEMS = 200;

/** A compiled CEL expression over `principal`. */
export interface PrincipalExpression {
  /** As it was written. */
  readonly text: string;
  /** Whether the expression holds; throws where it fails or gives no boolean. */
  test(facts: PrincipalFacts): boolean;
  /** Whether it looks at what the catalog says of a user. */
  readonly usesEmail: boolean;
}

const env = celEnv({
  variables: { principal: mapType(CelScalar.STRING, CelScalar.DYN) },
});

const OPERATORS = ['==', '!=', '<', '<=', '>', '>=', '&&', '||'].map(
  name => `_${name}_`,
);
const BOOLEAN_FUNCTIONS = new Set([
  ...OPERATORS,
  '!_',
  '@in',
  '_in_',
  'in',
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'bool',
  '@not_strictly_false',
]);

/** False where an expression gives something other than a boolean whatever its input is. */
function canBeBoolean(expr: Expr): boolean {
  const { exprKind } = expr;
  switch (exprKind.case) {
    case 'constExpr':
      return exprKind.value.constantKind.case === 'boolValue';
    case 'identExpr':
      return exprKind.value.name !== 'principal';
    case 'listExpr':
    case 'structExpr':
      return false;
    case 'callExpr': {
      const { function: name, args } = exprKind.value;
      if (name === '_?_:_') {
        return canBeBoolean(args[1]) && canBeBoolean(args[2]);
      }
      return BOOLEAN_FUNCTIONS.has(name) || name === '_[_]' || name === 'dyn';
    }
    case 'comprehensionExpr':
      return exprKind.value.result ? canBeBoolean(exprKind.value.result) : true;
    default:
      return true;
  }
}

function childrenOf(expr: Expr): Expr[] {
  const { exprKind } = expr;
  switch (exprKind.case) {
    case 'selectExpr':
      return exprKind.value.operand ? [exprKind.value.operand] : [];
    case 'callExpr':
      return [
        ...(exprKind.value.target ? [exprKind.value.target] : []),
        ...exprKind.value.args,
      ];
    case 'listExpr':
      return exprKind.value.elements;
    case 'structExpr':
      return exprKind.value.entries.flatMap(entry => [
        ...(entry.keyKind.case === 'mapKey' ? [entry.keyKind.value] : []),
        ...(entry.value ? [entry.value] : []),
      ]);
    default:
      return [];
  }
}

/** The names that an expression reads and that are neither `principal` nor its own. */
function undeclaredIn(expr: Expr, declared: ReadonlySet<string>): string[] {
  const { exprKind } = expr;
  if (exprKind.case === 'identExpr') {
    return declared.has(exprKind.value.name) ? [] : [exprKind.value.name];
  }
  if (exprKind.case === 'comprehensionExpr') {
    const {
      iterVar,
      iterVar2,
      accuVar,
      iterRange,
      accuInit,
      loopCondition,
      loopStep,
      result,
    } = exprKind.value;
    const inner = new Set(
      [...declared, iterVar, iterVar2, accuVar].filter(Boolean),
    );
    return [
      ...(iterRange ? undeclaredIn(iterRange, declared) : []),
      ...(accuInit ? undeclaredIn(accuInit, declared) : []),
      ...[loopCondition, loopStep, result].flatMap(part =>
        part ? undeclaredIn(part, inner) : [],
      ),
    ];
  }
  return childrenOf(expr).flatMap(child => undeclaredIn(child, declared));
}

function isTooLong(text: string | undefined): boolean {
  return text !== undefined && Buffer.byteLength(text) > MAX_TEXT_BYTES;
}

/**
 * Compiles an expression of the Common Expression Language over the principal.
 *
 * @throws Error that says what is wrong: it does not compile, reads an undeclared variable or cannot be boolean
 */
export function compileExpression(text: string): PrincipalExpression {
  if (Buffer.byteLength(text) > MAX_EXPRESSION_BYTES) {
    throw new Error(`is longer than ${MAX_EXPRESSION_BYTES} bytes`);
  }
  const parsed = parse(text);
  const undeclared = [
    ...new Set(undeclaredIn(parsed.expr, new Set(['principal']))),
  ];
  if (undeclared.length > 0) {
    throw new Error(
      `reads undeclared variables: ${undeclared.sort().join(', ')}`,
    );
  }
  if (!canBeBoolean(parsed.expr)) {
    throw new Error('does not give a boolean');
  }
  const run = plan(env, parsed);

  return {
    text,
    usesEmail: /\bemail\b/.test(text),
    test(facts) {
      if (
        facts.groups.length > MAX_ITEMS ||
        [facts.ref, facts.actor, facts.email, ...facts.groups].some(isTooLong)
      ) {
        throw new Error('the principal is too large for an expression');
      }
      const result = run({
        principal: {
          type: facts.type,
          ref: facts.ref,
          actor: facts.actor ?? '',
          groups: [...facts.groups],
          email: facts.email ?? '',
          claims: {},
        },
      } as never);
      if (isCelError(result)) {
        throw new Error(result.message);
      }
      if (typeof result !== 'boolean') {
        throw new Error('it gave no boolean');
      }
      return result;
    },
  };
}
