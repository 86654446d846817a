import { chosenVariant, takeVariant } from '../../../scripts/build/variant';

const told = process.env['HYPHA_CANISTERS'];

beforeEach(() => void delete process.env['HYPHA_CANISTERS']);

afterAll(() => {
  if (told === undefined) delete process.env['HYPHA_CANISTERS'];
  else process.env['HYPHA_CANISTERS'] = told;
});

describe('chosenVariant', () => {
  it('is native unless the environment names another', () => {
    expect(chosenVariant()).toBe('native');
    process.env['HYPHA_CANISTERS'] = 'plain';
    expect(chosenVariant()).toBe('plain');
  });

  it.each(['', 'Plain', 'linked'])('refuses "%s"', (text) => {
    process.env['HYPHA_CANISTERS'] = text;
    expect(chosenVariant).toThrow(`expected native or plain, got "${text}"`);
  });
});

describe('takeVariant', () => {
  it('takes the flag out of the arguments, and tells this process and its children', () => {
    expect(takeVariant(['--once', '--plain', 'signer'])).toEqual(['--once', 'signer']);
    expect(process.env['HYPHA_CANISTERS']).toBe('plain');
  });

  it('leaves the choice as it is without a flag', () => {
    process.env['HYPHA_CANISTERS'] = 'plain';
    expect(takeVariant(['signer'])).toEqual(['signer']);
    expect(chosenVariant()).toBe('plain');
  });

  it('refuses both flags', () => {
    expect(() => takeVariant(['--plain', '--native'])).toThrow('got both');
    expect(process.env['HYPHA_CANISTERS']).toBeUndefined();
  });
});
