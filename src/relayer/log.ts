/** Structured logs: one JSON object a line, to a writer of the caller's choice (stderr for the service). */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** Values of a log line: bigint is written in decimal, bytes are hex already. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean>>;
export type Log = Readonly<Record<LogLevel, (event: string, fields?: LogFields) => void>>;

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const MAX_TEXT_LENGTH = 2_000;

/** A log that writes the lines of `level` and above. `write` gets each line with its newline. */
export function createLog(options: {
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  readonly nowMs: () => number;
}): Log {
  const threshold = LOG_LEVELS.indexOf(options.level);
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(level) < threshold) return;
      const time = new Date(options.nowMs()).toISOString();
      options.write(`${JSON.stringify({ time, level, event, ...fields }, writable)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Texts come from chains and canisters: bounded, so that nobody fills a disk through a log. */
function writable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' && value.length > MAX_TEXT_LENGTH
    ? `${value.slice(0, MAX_TEXT_LENGTH)}...`
    : value;
}
