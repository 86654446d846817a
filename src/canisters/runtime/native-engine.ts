/** The native side of the doors, for canisters that are linked: what `#crypto-engine` is in their build. */
import { certifiedDataSet } from 'azle';
import { createNativeEngine } from './native-operations';

export const engine = createNativeEngine(certifiedDataSet);
