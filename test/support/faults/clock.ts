/** A wall clock that can be wrong by any amount, in every thread at once; timers and `performance` go on as they do. */
export function shiftDate(shift: SharedArrayBuffer): void {
  const by = new Float64Array(shift);
  const Original = Date;
  const now = () => Original.now() + by[0]!;
  globalThis.Date = new Proxy(Original, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new Original(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}
