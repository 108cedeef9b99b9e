/** Row ids by name, for names that nearly every event asks for; as many as a large chain has, since a sender may name any. */
const MOST = 10_000;

export class Ids {
  private readonly known = new Map<string, number>();

  id(name: string, find: () => number): number {
    const known = this.known.get(name);
    if (known !== undefined) return known;
    if (this.known.size >= MOST) this.known.clear();
    const found = find();
    this.known.set(name, found);
    return found;
  }

  /** Rows that were made may have been undone. */
  forget(): void {
    this.known.clear();
  }
}
