/**
 * Sums of multiples of public points with shared doublings (Straus, with width-w non-adjacent forms; Handbook of
 * Elliptic and Hyperelliptic Curve Cryptography, algorithms 9.20 and 9.23). In a canister's interpreter a point
 * operation costs about a million instructions, and this needs less than half of those of separate multiplications.
 * Variable time: for public data only.
 */
type GroupElement<P> = { add(other: P): P; double(): P; negate(): P };

/** `scalar` >= 0 times the point whose odd multiples 1·P, 3·P, 5·P, ... these are; their number is a power of two. */
export type Multiple<P> = { readonly scalar: bigint; readonly oddMultiples: readonly P[] };

/** `P, 3·P, ... (2·count - 1)·P`. */
export function oddMultiplesOf<P extends GroupElement<P>>(point: P, count: number): P[] {
  const twice = point.double();
  const multiples = [point];
  for (let last = point; multiples.length < count;) {
    last = last.add(twice);
    multiples.push(last);
  }
  return multiples;
}

/** The sum of all `multiples`; `undefined` when every scalar is zero. */
export function sumMultiples<P extends GroupElement<P>>(multiples: readonly Multiple<P>[]): P | undefined {
  const terms = multiples.map(({ scalar, oddMultiples }) => ({
    digits: nonAdjacentForm(scalar, oddMultiples.length),
    oddMultiples
  }));
  const length = Math.max(0, ...terms.map((term) => term.digits.length));
  let sum: P | undefined;
  for (let bit = length - 1; bit >= 0; bit -= 1) {
    sum = sum?.double();
    for (const term of terms) {
      const digit = term.digits[bit] ?? 0;
      const multiple = term.oddMultiples[(Math.abs(digit) - 1) / 2];
      if (multiple === undefined) continue;
      const addend = digit < 0 ? multiple.negate() : multiple;
      sum = sum === undefined ? addend : sum.add(addend);
    }
  }
  return sum;
}

/** Signed digits of `scalar`, least significant first: zero, or odd and below `2 * tableSize` in magnitude. */
function nonAdjacentForm(scalar: bigint, tableSize: number): number[] {
  const modulus = 4 * tableSize;
  const mask = BigInt(modulus - 1);
  const digits: number[] = [];
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    let digit = 0;
    if ((rest & 1n) === 1n) {
      const residue = Number(rest & mask);
      digit = residue >= modulus / 2 ? residue - modulus : residue;
      rest -= BigInt(digit);
    }
    digits.push(digit);
  }
  return digits;
}
