/** Unsigned LEB128 of a non-negative integer. */
export function encodeLeb128(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

/** The integer that `bytes` are the unsigned LEB128 of, or undefined when they are none. */
export function decodeLeb128(bytes: Uint8Array): bigint | undefined {
  const last = bytes.at(-1);
  if (last === undefined || last > 0x7f) return undefined;
  let value = 0n;
  for (const byte of [...bytes].reverse()) value = (value << 7n) | BigInt(byte & 0x7f);
  return bytes.every((byte, index) => byte > 0x7f || index === bytes.length - 1) ? value : undefined;
}
