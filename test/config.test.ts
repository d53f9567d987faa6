// Every variable: its default, its bad values and the sentence about them, and where its secrets come from.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readConfig, variables, type Environment } from '../src/config/config.ts';
import { inFolder } from './auth/token-world.ts';

const configOf = (env: Environment) => {
  const read = readConfig(env);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.config;
};

const problemsOf = (env: Environment): string[] => {
  const read = readConfig(env);
  return read.ok ? [] : read.problems;
};

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(configOf({})).to.deep.equal({
      port: 4000,
      host: '127.0.0.1',
      dataDir: './data',
      issuerUrl: null,
      stsUrl: null,
      publicUrl: 'http://127.0.0.1:4000',
      coordinatorScope: 'agent:lifecycle',
      operatorToken: null,
      metricsBearer: null,
      directory: 'open',
      receiverConsent: 'required',
      agentsPerZoneMax: 10_000,
      agentsPerAppMax: 2000,
      agentChildrenMax: 10,
      agentDepthMax: 10,
      bodyLimitBytes: 1_048_576,
      requestTimeoutMs: 30_000,
      keepAliveTimeoutMs: 75_000,
      shutdownGraceMs: 15_000,
      zoneRatePerMinute: 6000,
      invocationRatePerMinute: 1200,
      v1RatePerMinute: 3000,
      verifyRatePerMinute: 600,
      readyRatePerMinute: 120,
      trustProxy: false,
      redisUrl: null,
      streamsHmacKey: null,
      streamsMaxLen: 100_000,
      inspectOrigins: null,
      inspectWsUrl: null,
      inspectWsZones: null,
      serviceLeaseSeconds: 120,
      sessionRetentionDays: 90,
      delegationRetentionDays: 90,
      invocationRetentionDays: 90,
      idempotencyRetentionSeconds: 604_800,
      clockSteadySeconds: 3600,
      zoneIdleSeconds: 300,
      checkpointEveryEntries: 5000,
      statelyInspectorUrl: 'https://stately.ai/inspect',
      diskReserveMib: 16,
      logLevel: 'info',
    });
  });

  it('takes what is set, and an empty value as unset', () => {
    const env = {
      PORT: '0',
      HOST: '::1',
      MAX_AGENT_CHILDREN: '',
      LOG_LEVEL: 'silent',
      ISSUER_URL: 'https://i.example/',
    };
    expect(configOf({ ...env, STS_URL: 'http://sts.example:8080/base/' })).to.include({
      port: 0,
      host: '::1',
      agentChildrenMax: 10,
      logLevel: 'silent',
      issuerUrl: 'https://i.example/',
      stsUrl: 'http://sts.example:8080/base',
    });
  });

  for (const { name, secret } of Object.values(variables)) {
    it(`explains a bad ${name}`, () => {
      const [problem, ...others] = problemsOf({
        ISSUER_URL: 'https://i.example',
        STS_URL: 'https://s.example',
        [name]: 'b\0 d',
      });
      expect(problem).to.match(new RegExp(`^${name} is .*but must be .*\\.$`));
      expect(problem).to.contain(secret ? 'not usable' : JSON.stringify('b\0 d'));
      expect(others).to.deep.equal([]);
    });
  }

  for (const text of ['-1', '65536', '1e3', ' 5 ', '0x10', '4.0', 'NaN', '９']) {
    it(`does not take ${JSON.stringify(text)} for a port`, () => expect(problemsOf({ PORT: text })).to.have.length(1));
  }

  for (const url of [
    'example.org',
    'ftp://a.example',
    'https://u:p@a.example',
    'https://a.example/?x',
    'https://a.example/#x',
  ]) {
    it(`does not take ${url} for an address`, () =>
      expect(problemsOf({ STS_URL: url, ISSUER_URL: 'https://i.example' })).to.have.length(1));
  }

  for (const [text, trusted] of [
    ['true', true],
    ['false', false],
    ['2', 2],
    ['loopback, 10.0.0.0/8,fd00::/8', ['loopback', '10.0.0.0/8', 'fd00::/8']],
    ['192.0.2.7', ['192.0.2.7']],
  ] as const) {
    it(`takes ${text} for the proxies to trust`, () =>
      expect(configOf({ TRUST_PROXY: text }).trustProxy).to.deep.equal(trusted));
  }

  for (const text of [
    '0',
    '33',
    'yes',
    'proxy.example',
    '10.0.0.0/33',
    '0.0.0.0/0',
    '10.0.0.0/',
    '10.0.0.0/255.0.0.0',
    '10.0.0/8',
    '0x7f.1',
    '::1/129',
    '10.0.0.1,',
    '10.0.0.1,,10.0.0.2',
    Array(65).fill('10.0.0.1').join(),
  ]) {
    it(`does not take ${text.slice(0, 20)} for the proxies to trust`, () =>
      expect(problemsOf({ TRUST_PROXY: text })).to.have.length(1));
  }

  for (const url of [
    'redis://r.example',
    'rediss://r.example:6380/2',
    'redis://:p%40ss@10.0.0.1:6379/',
    'redis://[::1]',
  ]) {
    it(`takes ${url} for the address of Redis`, () => expect(configOf({ REDIS_URL: url }).redisUrl).to.equal(url));
  }

  for (const url of [
    'http://r.example',
    'r.example:6379',
    'redis://',
    'redis:///1',
    'redis://r.example/name',
    'redis://r.example/1?enableOfflineQueue=true',
    'redis://r.example#x',
    'redis://r.example:99999',
    'redis://u:%zz@r.example',
  ]) {
    it(`does not take ${url} for the address of Redis`, () => expect(problemsOf({ REDIS_URL: url })).to.have.length(1));
  }

  for (const key of ['ab'.repeat(31), `${'ab'.repeat(32)}c`, 'xy'.repeat(32), 'ab'.repeat(513)]) {
    it(`does not take ${key.length} digits like ${key.slice(0, 2)} for the key of the streams`, () =>
      expect(problemsOf({ STREAMS_HMAC_KEY: key })).to.have.length(1));
  }

  for (const [name, field, text, value] of [
    ['INSPECT_ORIGINS', 'inspectOrigins', 'https://a.example, http://b:81', ['https://a.example', 'http://b:81']],
    ['INSPECT_WS_URL', 'inspectWsUrl', 'wss://a.example:81/in', 'wss://a.example:81/in'],
    ['INSPECT_WS_ZONES', 'inspectWsZones', 'z1,z2', ['z1', 'z2']],
  ] as const) {
    it(`takes ${text} for ${name}`, () => expect(configOf({ [name]: text })[field]).to.deep.equal(value));
  }

  for (const [name, text] of [
    ['INSPECT_ORIGINS', 'https://a.example/'],
    ['INSPECT_ORIGINS', 'https://A.example'],
    ['INSPECT_ORIGINS', 'https://a.example,null'],
    ['INSPECT_ORIGINS', '*'],
    ['INSPECT_WS_URL', 'http://a.example'],
    ['INSPECT_WS_URL', 'ws://u:p@a.example'],
    ['INSPECT_WS_URL', 'ws://a.example/#x'],
    ['INSPECT_WS_ZONES', 'a b'],
    ['INSPECT_WS_ZONES', Array(65).fill('z').join()],
  ] as const) {
    it(`does not take ${text.slice(0, 25)} for ${name}`, () => expect(problemsOf({ [name]: text })).to.have.length(1));
  }

  for (const [host, port, url] of [
    ['coordinator.example', '8080', 'http://coordinator.example:8080'],
    ['127.0.0.1', '0', 'http://127.0.0.1:0'],
    ['::1', '', 'http://[::1]:4000'],
    ['fe80::1%eth0', '80', 'http://[fe80::1]:80'],
  ] as const) {
    it(`defaults PUBLIC_URL to ${url} for HOST=${host} and PORT=${port}`, () =>
      expect(configOf({ HOST: host, PORT: port }).publicUrl).to.equal(url));
  }

  for (const url of ['https://c.example', 'http://[::1]:8080', 'https://C.example/tenant/a', 'http://c']) {
    it(`accepts PUBLIC_URL=${url} unchanged`, () =>
      expect(configOf({ PUBLIC_URL: url, PORT: '1' }).publicUrl).to.equal(url));
  }

  for (const url of [
    'c.example',
    '/tenant',
    'urn:agent-coordinator',
    'https:c.example',
    'https:///c.example',
    'https://',
    'https://c.example/',
    'https://c.example/a/',
    'https://u@c.example',
    'https://u:p@c.example/a',
    'https://c.example?',
    'https://c.example#',
    'https://c.example /a',
    'https://c.example:99999',
    'ws://c.example',
  ]) {
    it(`rejects PUBLIC_URL=${url}`, () => expect(problemsOf({ PUBLIC_URL: url })).to.have.length(1));
  }

  it('does not repeat a password that stands in an address', () =>
    expect(problemsOf({ STS_URL: 'https://u:hush@a.example' }).join()).not.to.contain('hush'));

  it('reports every problem at once', () =>
    expect(problemsOf({ PORT: 'x', HOST: 'a b', LOG_LEVEL: 'loud', STS_URL: 'https://s.example' })).to.have.length(4));

  it('wants the issuer and its address together', () => {
    expect(problemsOf({ ISSUER_URL: 'https://i.example' })[0]).to.contain('STS_URL is not set');
    expect(problemsOf({ STS_URL: 'https://s.example' })[0]).to.contain('ISSUER_URL is not set');
  });

  describe('a secret', () => {
    for (const [name, field, value] of [
      ['CARACAL_COORDINATOR_TOKEN', 'operatorToken', 'hush-hush-hush-h'],
      ['METRICS_BEARER', 'metricsBearer', 'hush-hush-hush-h'],
      ['REDIS_URL', 'redisUrl', 'redis://user:hush@redis.example:6379/1'],
      ['STREAMS_HMAC_KEY', 'streamsHmacKey', 'aB'.repeat(32)],
    ] as const) {
      it(`${name} comes from a file, without its last newline`, () =>
        inFolder(async (folder) => {
          const file = join(folder, 'secret');
          for (const newline of ['', '\n', '\r\n']) {
            await writeFile(file, `${value}${newline}`);
            expect(configOf({ [`${name}_FILE`]: file })[field]).to.equal(value);
          }
          expect(problemsOf({ [`${name}_FILE`]: file, [name]: value })).to.deep.equal([
            `${name} and ${name}_FILE are both set: set one of them.`,
          ]);
        }));

      it(`${name} is never in a sentence`, () =>
        inFolder(async (folder) => {
          const file = join(folder, 'secret');
          await writeFile(file, 'hush hush');
          for (const env of [{ [name]: 'hush hush' }, { [`${name}_FILE`]: file }]) {
            expect(problemsOf(env)).to.have.length(1);
            expect(problemsOf(env)[0]).to.contain(name).and.not.to.contain('hush');
          }
        }));

      it(`${name}_FILE that is empty or absent is a problem`, () =>
        inFolder(async (folder) => {
          const file = join(folder, 'secret');
          expect(problemsOf({ [`${name}_FILE`]: file })[0])
            .to.contain(`${name}_FILE`)
            .and.to.contain('ENOENT');
          await writeFile(file, '\n');
          expect(problemsOf({ [`${name}_FILE`]: file })).to.have.length(1);
        }));
    }

    for (const name of ['CARACAL_COORDINATOR_TOKEN', 'METRICS_BEARER']) {
      it(`${name} has at least 16 characters, in a file too`, () =>
        inFolder(async (folder) => {
          const file = join(folder, 'secret');
          for (const short of ['h', 'h'.repeat(15)]) {
            await writeFile(file, `${short}\n`);
            for (const env of [{ [name]: short }, { [`${name}_FILE`]: file }]) {
              const problems = problemsOf(env);
              expect(problems).to.have.length(1);
              expect(problems[0]).to.contain(name).and.to.contain('must be 16 to 4096 visible ASCII characters');
            }
          }
        }));
    }
  });
});
