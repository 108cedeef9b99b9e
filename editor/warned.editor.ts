/** Validators that also say what a deploy would drop or hold (editor/warnings); the plugin knows it. */

type Validate = (this: EditorNode, value: never, options?: Record<string, unknown>) => boolean | string | undefined;

/**
 * @param own what is wrong with the value by itself; it goes first
 * (Node-RED takes a text as a reason only from a validator of two parameters.)
 */
export function warned(property: string, own?: Validate): Validate {
  return function (this: EditorNode, value: never, options?: Record<string, unknown>): boolean | string {
    const first = own?.call(this, value, options) ?? true;
    if (first !== true) return first;
    const plugin = RED.plugins.getPlugin('shelfwire') as
      | { warning?(node: EditorNode, property: string, value: unknown): true | string }
      | undefined;
    return plugin?.warning?.(this, property, value) ?? true;
  };
}
