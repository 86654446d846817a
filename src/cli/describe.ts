/** Wire records as people read them. */
import { getAddress, toHex } from 'viem';
import { type DomainViewWire } from '../api/domains-idl';
import { type AccountViewWire, type PassportWire } from '../api/signer-idl';
import { type Printable } from './output';

type Described = { readonly [key: string]: Printable };

/** An account, with its status spelled out. */
export function describeAccount(account: AccountViewWire): Described {
  const head = account.head[0];
  return {
    account: account.id,
    owner: account.owner,
    status: describeStatus(account),
    epoch: account.epoch,
    generation: account.generation,
    evmAddress: getAddress(toHex(account.evm_address)),
    bound: head === undefined ? null : { domain: head.domain, commitment: head.commitment },
    signing: account.signing,
    nextNonces: describeNonces(account.evm_nonces),
    logBlocks: account.log_count
  };
}

function describeStatus(account: AccountViewWire): Printable {
  const { status } = account;
  if ('active' in status) return 'active';
  if ('sealed' in status) return { sealed: status.sealed.digest };
  return { quarantined: status.quarantined };
}

/** What a buyer reads before consenting. */
export function describePassport(passport: PassportWire): Described {
  return {
    passport: passport.digest,
    account: passport.account,
    signer: passport.signer,
    epoch: passport.epoch,
    mode: 'clean' in passport.mode ? 'clean' : 'unrestricted',
    generation: passport.generation,
    nextNonces: describeNonces(passport.evm_nonces),
    logHead: passport.log_head,
    logBlocks: passport.log_count,
    moduleHash: passport.module_hash,
    controllers: passport.controllers
  };
}

/** A domain: where its adapter is, who vouches for finality, how far it has come. */
export function describeDomain(domain: DomainViewWire): Described {
  const latest = domain.latest[0];
  return {
    domain: domain.id,
    name: domain.config.name,
    status: 'running' in domain.status ? 'running' : { halted: domain.status.halted },
    chainId: domain.config.chain_id,
    adapter: getAddress(toHex(domain.config.adapter)),
    logicRef: domain.config.logic_ref,
    providers: domain.config.providers,
    agreement: `${domain.config.agreement} of ${domain.config.providers.length}`,
    latest:
      latest === undefined
        ? null
        : {
            height: latest.height,
            blockHash: latest.block_hash,
            root: latest.root,
            leafCount: latest.leaf_count
          }
  };
}

function describeNonces(nonces: AccountViewWire['evm_nonces']): Printable {
  return Object.fromEntries(nonces.map((entry) => [`chain ${entry.chain_id}`, entry.next_nonce]));
}
