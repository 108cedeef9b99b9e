/**
 * Bounds how much is opened up at once: a body takes many times its size in memory once it is unpacked and read, so what
 * is waiting keeps its bytes only. First come, first served; what is larger than all the room goes alone.
 */
export class Gate {
  private readonly room: number;
  private taken = 0;
  private readonly waiting: { size: number; enter: () => void }[] = [];

  constructor(room: number) {
    this.room = room;
  }

  /** Resolves with what gives the room back; calling that again does nothing. */
  async enter(size: number): Promise<() => void> {
    if (this.waiting.length > 0 || !this.fits(size))
      await new Promise<void>((resolve) => this.waiting.push({ size, enter: resolve }));
    else this.taken += size;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.taken -= size;
      for (let next = this.waiting[0]; next && this.fits(next.size); next = this.waiting[0]) {
        this.waiting.shift();
        this.taken += next.size;
        next.enter();
      }
    };
  }

  private fits(size: number): boolean {
    return this.taken === 0 || this.taken + size <= this.room;
  }
}
