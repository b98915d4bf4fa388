import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameCommand, shown } from '../../src/command.ts';
import { parseInterpreter, reason } from '../../src/probe.ts';
import { standing } from '../../src/version.ts';
import { isModule, progress, seen, summary, utf16 } from '../../src/words.ts';

test('a summary adds the folders up', () => {
    const one = { root: '/a', entryPoints: 1, tables: 2, findings: { error: 1, hint: 1 }, failure: '' };
    const two = { root: '/b', entryPoints: 1, tables: 1, findings: { warning: 2, information: 1 }, failure: '' };
    assert.equal(summary([one, two]), '3 tables, 1 error, 2 warnings, 2 notes');
    assert.equal(summary([{ ...two, findings: {} }]), '1 table, no findings');
    assert.equal(summary([]), '0 tables, no findings');
    const told = { ...one, declared: 3, registered: 2, unnamed: 1, notes: ['a ends at a.py:1: ValueError.'] };
    assert.equal(seen([told, two]), '2 of 3 tables registered, 1 of unknown name. a ends at a.py:1: ValueError.');
    assert.equal(seen([two]), '');
});

test('progress names what is simulated', () => {
    assert.equal(progress({ root: '/a', done: 1, total: 3, entry: 'app.main' }), 'analysing app.main (1/3)');
    assert.equal(progress({ root: '/a', done: 0, total: 0, entry: '' }), 'reading files');
});

test('names of modules', () => {
    for (const text of ['app.models_all', 'models', 'app/models_all.py', 'src/my-app/all.py', 'Ä.ß']) {
        assert.ok(isModule(text), text);
    }
    for (const text of ['', 'app.', '.app', 'app/models', '1app', 'a b', '/abs.py', 'a//b.py', 'a:b.py']) {
        assert.ok(!isModule(text), text);
    }
});

test('columns count code points, positions UTF-16', () => {
    assert.deepEqual([utf16('a😀b', 0), utf16('a😀b', 1), utf16('a😀b', 2), utf16('a😀b', 9)], [0, 1, 3, 4]);
});

test('versions belong together where major and minor agree', () => {
    assert.equal(standing('0.1.7', '0.1.0'), 'same');
    assert.equal(standing('0.0.9', '0.1.0'), 'older');
    assert.equal(standing('1.0', '0.9.3'), 'newer');
    assert.equal(standing('0.10.0', '0.9.0'), 'newer');
    assert.equal(standing('dev', '0.1.0'), 'unknown');
});

test('commands are equal by what they start', () => {
    const command = { program: 'python', args: ['-m', 'x'], env: { A: '1', B: '2' }, shell: false };
    assert.ok(sameCommand(command, { ...command, env: { B: '2', A: '1' } }));
    assert.ok(!sameCommand(command, { ...command, env: {} }));
    assert.ok(!sameCommand(command, { ...command, args: ['-m x'] }));
    assert.equal(shown({ ...command, program: '/with space/python' }), '"/with space/python" -m x');
});

test('an interpreter is known by its answer, whatever else is printed', () => {
    const said = {
        program: '/p',
        version: [3, 12],
        abi: 'cp312',
        cucurbit: null,
        environment: '/v',
    };
    const output = `hello from sitecustomize\ncucurbit-probe:${JSON.stringify(said)}\nbye\n`;
    assert.deepEqual(parseInterpreter(output), { ...said, cucurbit: undefined });
    for (const noise of ['', 'Python 3.12', 'cucurbit-probe:', 'cucurbit-probe:[]', 'cucurbit-probe:{"version":[3]}']) {
        assert.equal(parseInterpreter(noise), undefined, noise);
    }
});

test('why a program did not answer', () => {
    const error = (more: object) => Object.assign(new Error('x'), more);
    assert.equal(reason(error({ code: 'ENOENT' }), ''), 'there is no such program');
    assert.equal(reason(error({ code: 'EACCES' }), ''), 'it may not be executed');
    assert.equal(reason(error({ killed: true, signal: 'SIGTERM' }), ''), 'it gave no answer in time');
    assert.equal(reason(error({ code: 3 }), 'a\nb: broken.\n'), 'b: broken (exit code 3)');
    assert.equal(reason(error({ code: 1 }), ''), 'it ended with exit code 1');
});
