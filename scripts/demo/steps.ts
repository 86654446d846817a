/** Runs the steps of the story one after the other, shows each as it ends, and remembers them. */

export type StepRecord = {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: string;
};

/** Where progress lines go. */
export type Print = (line: string) => void;

/** Steps so far, in order. A failed step ends the story: its error is thrown on after it is recorded. */
export class Steps {
  readonly records: StepRecord[] = [];

  /** `stopped` rejects when no step can succeed any more; the step that runs then fails with its reason. */
  constructor(
    private readonly print: Print,
    private readonly stopped: Promise<never>
  ) {}

  /** The value of `work`, timed under `name`. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      const value = await Promise.race([this.stopped, work()]);
      this.record({ name, ok: true, ms: elapsedMs(startedAt) });
      return value;
    } catch (error) {
      this.record({ name, ok: false, ms: elapsedMs(startedAt), error: describeError(error) });
      throw error;
    }
  }

  private record(record: StepRecord): void {
    this.records.push(record);
    const seconds = (record.ms / 1_000).toFixed(1).padStart(6);
    this.print(`${record.ok ? 'ok  ' : 'FAIL'} ${seconds} s  ${record.name}`);
    if (record.error !== undefined) this.print(`     ${record.error}`);
  }
}

const elapsedMs = (startedAt: number): number => Math.round(performance.now() - startedAt);

/** One line for an error, with its code when it has one. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  const [text = ''] = error.message.split('\n', 1);
  return `${code}${text}`;
}
