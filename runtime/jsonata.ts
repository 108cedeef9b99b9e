/** JSONata as Node-RED offers it, compiled once and bounded in time. */
import { boundTime, type Compile, type CompiledJsonata, EXPRESSION_LIMIT_MS, within } from '../core/mapping/expression';
import type { RED, RedNode } from './red';

/** Compiles expressions that may use Node-RED's own functions (`$env`, `$flowContext`, …) of this node. */
export function jsonataCompiler(red: RED, node: RedNode, limit = EXPRESSION_LIMIT_MS): Compile {
  return (text) => {
    const expression = red.util.prepareJSONataExpression(text, node);
    boundTime(expression as CompiledJsonata, limit);
    return (input) =>
      within(
        new Promise((resolve, reject) => {
          red.util.evaluateJSONataExpression(expression, input, (err, value) => (err ? reject(err) : resolve(value)));
        }),
        limit,
      );
  };
}
