/** The syntax of the `IC-CertificateExpression` header: calls, objects, lists and strings of CEL. */
import { VerificationError } from './verification-error';

export type ExpressionValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly ExpressionValue[] }
  | { readonly kind: 'object'; readonly name: string; readonly fields: ReadonlyMap<string, ExpressionValue> }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly ExpressionValue[] };

const DEPTH_MAX = 16;
const NAME = /[A-Za-z0-9_]*/y;
const TEXT = /(?:[A-Za-z0-9-]|\\["n\\])*/y;
const SPACE = /\s*/y;

class ExpressionReader {
  private offset = 0;

  constructor(private readonly source: string) {}

  readValue(depth = 0): ExpressionValue {
    if (depth > DEPTH_MAX) throw this.error(`nesting deeper than ${DEPTH_MAX}`);
    this.match(SPACE);
    if (this.skip('"')) return this.readText();
    if (this.skip('[')) return { kind: 'list', items: this.readItems(']', () => this.readValue(depth + 1)) };
    const name = this.match(NAME);
    if (this.skip('{')) {
      const fields = new Map(this.readItems('}', () => this.readField(depth + 1)));
      return { kind: 'object', name, fields };
    }
    if (this.skip('('))
      return { kind: 'call', name, args: this.readItems(')', () => this.readValue(depth + 1)) };
    throw this.error('expected a value');
  }

  private error(problem: string): VerificationError {
    return new VerificationError(`Malformed certificate expression: ${problem} at ${this.offset}`);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.offset;
    const [text = ''] = pattern.exec(this.source) ?? [];
    this.offset += text.length;
    return text;
  }

  private skip(character: string): boolean {
    this.match(SPACE);
    if (this.source[this.offset] !== character) return false;
    this.offset += 1;
    return true;
  }

  private expect(character: string): void {
    if (!this.skip(character)) throw this.error(`expected ${character}`);
  }

  private readText(): ExpressionValue {
    const text = this.match(TEXT);
    this.expect('"');
    return { kind: 'text', text };
  }

  private readItems<T>(end: string, readItem: () => T): readonly T[] {
    const items: T[] = [];
    if (this.skip(end)) return items;
    do items.push(readItem());
    while (this.skip(','));
    this.expect(end);
    return items;
  }

  private readField(depth: number): readonly [string, ExpressionValue] {
    this.match(SPACE);
    const name = this.match(NAME);
    this.expect(':');
    return [name, this.readValue(depth)];
  }
}

/** The value that the header begins with; as in DFINITY's library, nothing is said of what follows it. @throws {VerificationError} */
export const parseExpression = (source: string): ExpressionValue => new ExpressionReader(source).readValue();
