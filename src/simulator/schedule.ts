/** A function to run at a time. */
interface Entry {
  atMs: number;
  run: () => void;
}

/** Functions to run, earliest first. A binary heap, since it may hold 50,000 of them. */
export class Schedule {
  readonly #heap: Entry[] = [];

  add(atMs: number, run: () => void): void {
    const heap = this.#heap;
    let index = heap.push({ atMs, run }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.atMs <= heap[index]!.atMs) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Removes and returns the earliest entry, if it is due by this time. */
  takeDue(untilMs: number): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.atMs > untilMs) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    const heap = this.#heap;
    for (let index = 0; ; ) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && heap[child]!.atMs < heap[least]!.atMs) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(a: number, b: number): void {
    const entry = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = entry;
  }
}
