// `--plain` among the arguments of a script that runs before anything is installed. What it means: scripts/build/variant.ts.

/** The arguments without `--plain`, which children of this process are told by the environment. */
export function takePlainFlag(args) {
  if (args.includes('--plain')) process.env.HYPHA_CANISTERS = 'plain';
  return args.filter((arg) => arg !== '--plain');
}
