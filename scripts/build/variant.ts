/** The two kinds of canister builds, and how a process and its children are told which one they work with. */

/** `native` has the crypto libraries' Wasm linked into it; `plain` is what azle makes of TypeScript alone. */
export const VARIANTS = ['native', 'plain'] as const;
export type Variant = (typeof VARIANTS)[number];

/** Read here and nowhere else; `scripts/test.mjs` sets it too. Child processes inherit it. */
const VARIABLE = 'HYPHA_CANISTERS';

const isVariant = (text: string): text is Variant => VARIANTS.some((variant) => variant === text);

/** The variant this process works with: `native` unless it was told otherwise. @throws when told anything else. */
export function chosenVariant(): Variant {
  const told = process.env[VARIABLE] ?? 'native';
  if (!isVariant(told)) throw new Error(`${VARIABLE}: expected ${VARIANTS.join(' or ')}, got "${told}"`);
  return told;
}

/** Takes `--native` and `--plain` out of `args`: this process and its children work with that variant from now on. */
export function takeVariant(args: readonly string[]): string[] {
  const named = VARIANTS.filter((variant) => args.includes(`--${variant}`));
  if (named.length > 1) throw new Error(`expected one of --${named.join(' and --')}, got both`);
  for (const variant of named) process.env[VARIABLE] = variant;
  return args.filter((arg) => !named.some((variant) => arg === `--${variant}`));
}
