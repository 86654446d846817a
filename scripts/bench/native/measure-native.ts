/** Plain canisters beside native ones, in one run: doors, the main job's messages, modules, installation, memory. */
import { buildCanisters, canisterNames } from '../../build-canisters';
import { VARIANTS, type Variant, takeVariant } from '../../build/variant';
import { type InstructionFigures, measureInstructions } from '../instructions';
import { type DoorCosts, measureDoors } from './door-costs';
import { type ModuleFigures, measureModules } from './module-figures';

export type NativeFigures = {
  readonly doors: DoorCosts;
  readonly modules: Readonly<Record<Variant, ModuleFigures>>;
  readonly mainJob: Readonly<Record<Variant, InstructionFigures>>;
};

/** Instructions from the local IC's meter, bytes from the files. */
export async function measureNative(): Promise<NativeFigures> {
  for (const variant of VARIANTS) await buildCanisters(canisterNames(), variant);
  const doors = await measureDoors();
  const modules = await perVariant(measureModules);
  const mainJob = await perVariant(async (variant) => {
    takeVariant([`--${variant}`]);
    return measureInstructions();
  });
  return { doors, modules, mainJob };
}

/** One after the other: the main job's network reads which variant it is from the environment. */
async function perVariant<T>(measure: (variant: Variant) => Promise<T>): Promise<Record<Variant, T>> {
  const plain = await measure('plain');
  return { plain, native: await measure('native') };
}
