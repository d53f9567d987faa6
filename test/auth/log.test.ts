// What a log line shows, and above all what it never shows.

import { Writable } from 'node:stream';
import { expect } from 'chai';
import { createLogger } from '../../src/log.ts';

describe('the log', () => {
  const lines: string[] = [];
  const destination = new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      lines.push(line);
      done();
    },
  });
  const last = (): string => lines.at(-1) ?? '';

  it('writes JSON with an ISO timestamp', () => {
    createLogger({ level: 'info', terminal: false, destination }).info({ requestId: 'r1' }, 'listening');
    const line = JSON.parse(last());
    expect(line).to.include({ msg: 'listening', requestId: 'r1' });
    expect(line.time).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('leaves out what is below its level', () => {
    const before = lines.length;
    createLogger({ level: 'warn', terminal: false, destination }).info('quiet');
    createLogger({ level: 'silent', terminal: false, destination }).fatal('quiet');
    expect(lines).to.have.length(before);
  });

  it('writes what is buffered after a fatal line, for a person and for a program', () => {
    for (const terminal of [true, false]) {
      let flushes = 0;
      const buffered = { write: () => undefined, flushSync: () => (flushes += 1) };
      const log = createLogger({ level: 'info', terminal, destination: buffered });
      log.error('no last word');
      expect(flushes).to.equal(0);
      log.fatal('the last word');
      expect(flushes).to.equal(1);
    }
  });

  it('cuts secrets and bodies at any of three levels', () => {
    const log = createLogger({ level: 'info', terminal: false, destination });
    for (const field of ['authorization', 'token', 'metadata', 'params', 'error', 'error_json', 'params_json']) {
      for (const value of ['hidden', { a: 'hidden' }]) {
        log.info({ [field]: value, req: { [field]: value, headers: { [field]: value } } }, 'request');
        expect(last()).to.contain('[redacted]').and.not.to.contain('hidden');
      }
    }
  });

  it('cuts what a child is bound to, what hangs on an error, and what is spelled in capitals', () => {
    const log = createLogger({ level: 'info', terminal: false, destination });
    log.child({ token: 'hidden', zone: 'z1' }).info('request');
    expect(last()).to.contain('z1').and.not.to.contain('hidden');
    log.error({ err: Object.assign(new Error('outer'), { token: 'hidden' }), list: [{ Authorization: 'hidden' }] });
    expect(last()).to.contain('outer').and.not.to.contain('hidden');
  });

  it('does not follow an object for ever', () => {
    const ring: Record<string, unknown> = { name: 'ring' };
    ring['self'] = ring;
    createLogger({ level: 'info', terminal: false, destination }).info({ ring }, 'request');
    expect(last()).to.contain('[deeper]');
  });

  it('keeps the message and the cause of an error', () => {
    const log = createLogger({ level: 'info', terminal: false, destination });
    log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'fault');
    expect(last()).to.contain('outer').and.to.contain('inner');
  });

  it('writes for people on a terminal, just as discreetly', () => {
    const log = createLogger({ level: 'info', terminal: true, destination });
    log.info({ token: 'hidden' }, 'request');
    expect(() => JSON.parse(last())).to.throw();
    expect(last()).to.contain('request').and.not.to.contain('hidden');
  });
});
