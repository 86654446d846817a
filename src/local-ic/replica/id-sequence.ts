/** Numbers that are given out once: of calls, their contexts and messages. */
export class IdSequence {
  /** The number given out next. */
  nextId = 1;

  next(): number {
    return this.nextId++;
  }
}
