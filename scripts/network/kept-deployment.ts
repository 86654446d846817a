/** What outlives one run of a development network whose Internet Computer keeps its state: who deploys, and where. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CanisterStatus, type HttpAgent, type SignIdentity } from '@dfinity/agent';
import { Principal } from '@dfinity/principal';
import { createIdentity, decodeIdentityPem, encodeIdentityPem } from '../../src/sdk/identity';
import { platformRandom } from '../../src/sdk/transfer-plan';
import { projectRoot } from '../project-files';
import { type CanisterName, createCanister } from './install-canisters';

type CanisterIds = Readonly<Record<CanisterName, Principal>>;

export type KeptDeployment = {
  /** For `--state-dir`. */
  readonly stateFolder: string;
  readonly operator: SignIdentity;
  /** The canisters of the last run as far as the network has them, new ones otherwise. */
  readonly canisters: (agent: HttpAgent) => Promise<CanisterIds>;
};

/** Opens the kept deployment of this project; `startAnew` forgets what was in it, but not the network's own state. */
export function openKeptDeployment(startAnew: boolean): KeptDeployment {
  const folder = join(projectRoot, '.hypha', 'kept');
  const idsFile = join(folder, 'canisters.json');
  mkdirSync(folder, { recursive: true });
  if (startAnew) rmSync(idsFile, { force: true });
  return {
    stateFolder: join(folder, 'local-ic'),
    operator: readOperator(join(folder, 'operator.pem')),
    canisters: async (agent) => {
      const known = readIds(idsFile);
      const ids = known && (await areThere(agent, known)) ? known : await createCanisters(agent);
      writeFileSync(idsFile, JSON.stringify({ domains: ids.domains.toText(), signer: ids.signer.toText() }));
      return ids;
    }
  };
}

export const createCanisters = async (agent: HttpAgent): Promise<CanisterIds> => ({
  domains: await createCanister(agent),
  signer: await createCanister(agent)
});

function readOperator(file: string): SignIdentity {
  if (existsSync(file)) return decodeIdentityPem(readFileSync(file, 'utf8'));
  const identity = createIdentity(platformRandom());
  writeFileSync(file, encodeIdentityPem(identity), { mode: 0o600 });
  return identity;
}

function readIds(file: string): CanisterIds | undefined {
  if (!existsSync(file)) return undefined;
  const { domains, signer } = JSON.parse(readFileSync(file, 'utf8')) as Record<CanisterName, string>;
  return { domains: Principal.fromText(domains), signer: Principal.fromText(signer) };
}

async function areThere(agent: HttpAgent, { domains, signer }: CanisterIds): Promise<boolean> {
  for (const canisterId of [domains, signer]) {
    const status = await CanisterStatus.request({ agent, canisterId, paths: ['controllers'] });
    const controllers = status.get('controllers');
    if (!Array.isArray(controllers) || controllers.length === 0) return false;
  }
  return true;
}
