/** The JavaScript side of the doors: noble. */
import { type CryptoEngine } from '../engine';

export const engine = {} as CryptoEngine;
