/** Getting ready: what a canister does once when it is installed or upgraded. */
import { engine } from '#crypto-engine';

/** Builds tables and libraries' state, so that no later call pays for them. */
export const warmUp = (): void => engine.warmUp();
