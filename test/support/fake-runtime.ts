/**
 * A fake of the Internet Computer for use-case tests. The management canister's keys are the local IC's test keys, so
 * what use cases derive meets an independent implementation. Every call can be scripted: a queued outcome is answered
 * once; a hold keeps the call open until the test answers it, as other messages run in between.
 */
import {
  type CallOutcome,
  type CanisterRuntime,
  type HttpOutcall
} from '../../src/canisters/runtime/canister-runtime';
import { createTestThresholdKeys } from '../../src/local-ic/management/threshold-keys';

type Replies = {
  ecdsaPublicKey: { publicKey: Uint8Array; chainCode: Uint8Array };
  signWithEcdsa: Uint8Array;
  canisterInfo: { moduleHash: Uint8Array; controllers: Uint8Array[] };
  rawRand: Uint8Array;
  httpOutcall: { status: number; body: Uint8Array };
  call: Uint8Array;
};
export type RuntimeCall = keyof Replies;

/** A call kept open. */
export type Hold<Name extends RuntimeCall> = {
  /** Resolves when the call has been made. */
  readonly made: Promise<void>;
  /** Answers: with the outcome given, or as the call would have been answered. */
  release(outcome?: CallOutcome<Replies[Name]>): void;
  /** The code behind the call has trapped: runs its cleanup; the call never ends. */
  trap(): void;
};

type Scripted = (
  defaultOutcome: () => CallOutcome<never>,
  onTrap?: () => void
) => Promise<CallOutcome<never>>;

const thresholdKeys = createTestThresholdKeys();

export const SIGNER_ID = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 7, 1, 1);
export const DOMAINS_ID = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 8, 1, 1);
export const MODULE_HASH = new Uint8Array(32).fill(0x4d);
export const CONTROLLER = Uint8Array.of(0xc0, 0x01, 0x02);

export class FakeRuntime implements CanisterRuntime {
  callerBytes: Uint8Array = Uint8Array.of(4);
  nowNs = 1_700_000_000_000_000_000n;
  certifiedData = new Uint8Array();
  certificate: Uint8Array | undefined;
  isController = false;
  /** Every call made, in order. */
  readonly calls: { readonly name: RuntimeCall; readonly request: unknown }[] = [];
  /** Answers calls to other canisters. */
  answerCall: (request: Parameters<CanisterRuntime['call']>[0]) => CallOutcome<Uint8Array> = () => ({
    rejected: { code: 3, message: 'no such canister' }
  });
  answerOutcall: (request: HttpOutcall) => CallOutcome<{ status: number; body: Uint8Array }> = () => ({
    rejected: { code: 2, message: 'no route' }
  });

  private readonly scripts = new Map<RuntimeCall, Scripted[]>();

  constructor(private readonly id: Uint8Array = SIGNER_ID) {}

  self = (): Uint8Array => this.id;
  caller = (): Uint8Array => this.callerBytes;
  isCallerController = (): boolean => this.isController;
  timeNs = (): bigint => this.nowNs;
  dataCertificate = (): Uint8Array | undefined => this.certificate;
  setCertifiedData = (data: Uint8Array): void => {
    this.certifiedData = Uint8Array.from(data);
  };

  /** The next call of this name is answered with `outcome`. */
  queue<Name extends RuntimeCall>(name: Name, outcome: CallOutcome<Replies[Name]>): void {
    this.script(name, () => Promise.resolve(outcome as CallOutcome<never>));
  }

  /** The next call of this name stays open. */
  hold<Name extends RuntimeCall>(name: Name): Hold<Name> {
    let markMade: () => void;
    const made = new Promise<void>((resolve) => (markMade = resolve));
    let settle: (outcome?: CallOutcome<never>) => void = () => {
      throw new Error('the held call has not been made');
    };
    let cleanup: (() => void) | undefined;
    this.script(
      name,
      (defaultOutcome, onTrap) =>
        new Promise((resolve) => {
          settle = (outcome) => resolve(outcome ?? defaultOutcome());
          cleanup = onTrap;
          markMade();
        })
    );
    return {
      made,
      release: (outcome) => settle(outcome as CallOutcome<never>),
      trap: () => cleanup?.()
    };
  }

  ecdsaPublicKey = (request: Parameters<CanisterRuntime['ecdsaPublicKey']>[0]) =>
    this.perform('ecdsaPublicKey', request, () => ({
      replied: thresholdKeys.ecdsaPublicKey({ ...this.keyRequest(request) })
    }));

  signWithEcdsa = (request: Parameters<CanisterRuntime['signWithEcdsa']>[0]) =>
    this.perform(
      'signWithEcdsa',
      request,
      () => ({
        replied: thresholdKeys.signWithEcdsa({
          ...this.keyRequest(request),
          messageHash: request.messageHash
        })
      }),
      request.onTrap
    );

  canisterInfo = () =>
    this.perform('canisterInfo', undefined, () => ({
      replied: { moduleHash: MODULE_HASH, controllers: [CONTROLLER] }
    }));

  rawRand = () => this.perform('rawRand', undefined, () => ({ replied: new Uint8Array(32).fill(9) }));

  httpOutcall = (request: HttpOutcall) =>
    this.perform('httpOutcall', request, () => this.answerOutcall(request));

  call = (request: Parameters<CanisterRuntime['call']>[0]) =>
    this.perform('call', request, () => this.answerCall(request));

  private keyRequest(request: { keyName: string; path: readonly Uint8Array[] }) {
    return { canisterId: this.id, derivationPath: request.path, keyName: request.keyName };
  }

  private script(name: RuntimeCall, scripted: Scripted): void {
    this.scripts.set(name, [...(this.scripts.get(name) ?? []), scripted]);
  }

  private async perform<Name extends RuntimeCall>(
    name: Name,
    request: unknown,
    defaultOutcome: () => CallOutcome<Replies[Name]>,
    onTrap?: () => void
  ): Promise<CallOutcome<Replies[Name]>> {
    this.calls.push({ name, request });
    const [scripted, ...rest] = this.scripts.get(name) ?? [];
    this.scripts.set(name, rest);
    if (scripted === undefined) {
      await Promise.resolve();
      return defaultOutcome();
    }
    return scripted(defaultOutcome as () => CallOutcome<never>, onTrap);
  }
}
