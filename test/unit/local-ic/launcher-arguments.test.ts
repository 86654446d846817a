import { LauncherArgumentError, parseLauncherArguments } from '../../../src/local-ic/launcher-arguments';

/** What icp 1.5.0 passes for a network of its defaults. */
const OF_ICP = [
  ...['--interface-version', '1.1.0', '--state-dir', '/s', '--bind', '127.0.0.1'],
  ...['--gateway-port', '8000', '--status-dir', '/t', '--domain=localhost']
];

describe('parseLauncherArguments', () => {
  it('takes what icp passes', () => {
    expect(parseLauncherArguments(OF_ICP)).toEqual({
      bind: '127.0.0.1',
      gatewayPort: 8000,
      stateDir: '/s',
      statusDir: '/t',
      warnings: []
    });
  });

  it('takes a free port, no state and no status file without arguments', () => {
    expect(parseLauncherArguments([])).toEqual({
      bind: '127.0.0.1',
      gatewayPort: 0,
      stateDir: undefined,
      statusDir: undefined,
      warnings: []
    });
  });

  it.each([
    ['--artificial-delay-ms=5', /--artificial-delay-ms has no effect/],
    ['--config-port=5', /--config-port has no effect/]
  ])('warns of %s', (argument, warning) => {
    expect(parseLauncherArguments([argument]).warnings).toEqual([expect.stringMatching(warning)]);
  });

  it.each([
    [['--ii'], /Internet Identity/],
    [['--nns'], /NNS/],
    [['--bitcoind-addr=127.0.0.1:18444'], /Bitcoin/],
    [['--dogecoind-addr=127.0.0.1:22556'], /Dogecoin/],
    [['--subnet=system'], /one application subnet/],
    [['--subnet=application', '--subnet=application'], /one application subnet/],
    [['--domain=example.org'], /only localhost/],
    [['--gateway-port', '65536'], /65536/],
    [['--gateway-port', '-1'], /port|value/],
    [['--gateway-port'], /value/],
    [['--interface-version', '2.0.0'], /unsupported interface version 2\.0\.0/],
    [['--interface-version', 'x'], /unsupported interface version x/],
    [['--new-thing'], /unknown arguments: --new-thing/],
    [['--interface-version', '1.1.0', '--new-thing=1'], /unknown arguments: --new-thing/]
  ])('refuses %j', (argv, reason) => {
    expect(() => parseLauncherArguments(argv)).toThrow(LauncherArgumentError);
    expect(() => parseLauncherArguments(argv)).toThrow(reason);
  });

  it('takes one application subnet, which is what there is', () => {
    expect(parseLauncherArguments(['--subnet=application']).warnings).toEqual([]);
  });

  it('passes over what only a newer interface knows', () => {
    const { warnings, gatewayPort } = parseLauncherArguments([
      ...['--interface-version', '1.2.0', '--new-thing', '--gateway-port', '9', '--other=1']
    ]);
    expect(gatewayPort).toBe(9);
    expect(warnings).toEqual(['unknown arguments are ignored: --new-thing, --other']);
  });

  it.each(['127.0.0.1', 'app.localhost', 'localhost'])('serves the domain %s', (domain) => {
    expect(parseLauncherArguments([`--domain=${domain}`]).warnings).toEqual([]);
  });
});
