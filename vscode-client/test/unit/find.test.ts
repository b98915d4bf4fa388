import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Failure, find, type Interpreter, isInside, type Wanted, type World } from '../../src/find.ts';

const interpreter = (program: string, more: Partial<Interpreter> = {}): Interpreter => ({
    program,
    version: [3, 12],
    abi: 'cp312',
    cucurbit: '0.1.0',
    environment: undefined,
    ...more,
});

/** A machine with these interpreters and programs, and perhaps a bundled copy. */
function world(
    interpreters: Readonly<Record<string, Interpreter>>,
    more: { readonly bundled?: string; readonly programs?: Readonly<Record<string, string>>; windows?: boolean } = {},
): World & { readonly asked: string[] } {
    const asked: string[] = [];
    const missing: Failure = { failure: 'there is no such program' };
    return {
        asked,
        windows: more.windows ?? false,
        bundledVersion: more.bundled,
        bundled: each => (more.bundled !== undefined && each.abi === 'cp312' ? '/ext/bundled/server.py' : undefined),
        interpreter: async (program, args) => {
            asked.push([program, ...args].join(' '));
            return interpreters[program] ?? missing;
        },
        version: async program => more.programs?.[program] ?? missing,
    };
}

const wanted = (more: Partial<Wanted> = {}): Wanted => ({
    path: '',
    selected: undefined,
    interpreter: '',
    trusted: true,
    folders: ['/w'],
    extensionVersion: '0.1.0',
    ...more,
});

async function found(asked: Wanted, machine: World) {
    const result = await find(asked, machine);
    assert.ok('found' in result, JSON.stringify(result));
    return result.found;
}

async function missing(asked: Wanted, machine: World) {
    const result = await find(asked, machine);
    assert.ok('missing' in result, JSON.stringify(result));
    return result.missing;
}

test('cucurbit.path comes first, and nothing else is asked', async () => {
    const machine = world({ python3: interpreter('/usr/bin/python3') }, { programs: { '/opt/cucurbit': '0.1.3' } });
    const { command, version } = await found(wanted({ path: '/opt/cucurbit' }), machine);
    assert.deepEqual([command.program, command.args, version], ['/opt/cucurbit', ['serve'], '0.1.3']);
    assert.deepEqual(machine.asked, []);
});

test('a cucurbit.path that does not start is said, and not passed over', async () => {
    const machine = world({ python3: interpreter('/usr/bin/python3') });
    const { message, remedies } = await missing(wanted({ path: '/opt/gone' }), machine);
    assert.equal(message, 'The setting cucurbit.path names /opt/gone, which does not start: there is no such program.');
    assert.ok(remedies.includes('settings'));
});

test('the selected interpreter comes before the setting, which comes before python3', async () => {
    const machine = world({
        '/w/.venv/bin/python': interpreter('/w/.venv/bin/python', { environment: '/w/.venv' }),
        '/set/python': interpreter('/set/python'),
        python3: interpreter('/usr/bin/python3'),
    });
    const selected = await found(wanted({ selected: '/w/.venv/bin/python', interpreter: '/set/python' }), machine);
    assert.equal(selected.command.program, '/w/.venv/bin/python');
    assert.deepEqual(selected.command.args, ['-m', 'cucurbit', 'serve']);
    assert.equal(selected.command.env.VIRTUAL_ENV, '/w/.venv');
    assert.equal((await found(wanted({ interpreter: '/set/python' }), machine)).interpreter, '/set/python');
    assert.equal(
        (await found(wanted({ selected: '', interpreter: '/set/python' }), machine)).interpreter,
        '/set/python',
    );
    assert.equal((await found(wanted(), machine)).interpreter, '/usr/bin/python3');
});

test('an interpreter without the package runs the bundled copy', async () => {
    const machine = world({ python3: interpreter('/usr/bin/python3', { cucurbit: undefined }) }, { bundled: '0.1.0' });
    const { command, version, origin } = await found(wanted(), machine);
    assert.deepEqual([command.program, command.args], ['/usr/bin/python3', ['/ext/bundled/server.py', 'serve']]);
    assert.deepEqual([version, origin], ['0.1.0', 'bundled with the extension, run by /usr/bin/python3']);
});

test('the bundled copy is run by the first interpreter that it fits', async () => {
    const machine = world(
        {
            '/old/python': interpreter('/old/python', { version: [3, 9], cucurbit: undefined }),
            python3: interpreter('/usr/bin/python3', { abi: 'pypy', cucurbit: undefined }),
            python: interpreter('/usr/bin/python', { cucurbit: undefined }),
        },
        { bundled: '0.1.0' },
    );
    assert.equal((await found(wanted({ interpreter: '/old/python' }), machine)).interpreter, '/usr/bin/python');
});

test('an installed version that is too old gives way to the bundled copy, and runs without one', async () => {
    const interpreters = { python3: interpreter('/usr/bin/python3', { cucurbit: '0.0.9' }) };
    assert.equal((await found(wanted(), world(interpreters, { bundled: '0.1.0' }))).version, '0.1.0');
    assert.equal((await found(wanted(), world(interpreters))).version, '0.0.9');
    const newer = { python3: interpreter('/usr/bin/python3', { cucurbit: '0.2.0' }) };
    assert.equal((await found(wanted(), world(newer, { bundled: '0.1.0' }))).version, '0.2.0');
});

test('no Python at all is said in one sentence', async () => {
    const { message, remedies, tried } = await missing(wanted(), world({}));
    assert.equal(message, 'Cucurbit needs Python 3.10 or newer, and found none.');
    assert.deepEqual(remedies[0], 'choose-interpreter');
    assert.equal(tried.length, 2);
});

test('a Python without the package can be installed into', async () => {
    const machine = world({ python3: interpreter('/usr/bin/python3', { cucurbit: undefined }) });
    const { message, remedies, interpreter: into } = await missing(wanted(), machine);
    assert.equal(message, 'Cucurbit is not installed in /usr/bin/python3, the Python that it would run with.');
    assert.deepEqual([remedies[0], into], ['install', '/usr/bin/python3']);
});

test('where the workspace is not trusted, no interpreter in it is run', async () => {
    const machine = world({
        '/w/.venv/bin/python': interpreter('/w/.venv/bin/python'),
        python3: interpreter('/usr/bin/python3'),
    });
    const asked = wanted({ selected: '/w/.venv/bin/python', trusted: false });
    assert.equal((await found(asked, machine)).interpreter, '/usr/bin/python3');
    assert.deepEqual(machine.asked, ['python3']);
});

test('where the workspace is not trusted, cucurbit.path in it is not started', async () => {
    const programs = { '/w/cucurbit': '0.1.0', '/opt/../w/cucurbit': '0.1.0', '/opt/cucurbit': '0.1.0' };
    for (const path of ['/w/cucurbit', '/opt/../w/cucurbit']) {
        const machine = world({ python3: interpreter('/usr/bin/python3') }, { programs });
        const { message, remedies } = await missing(wanted({ path, trusted: false }), machine);
        assert.match(message, /is in a folder that is not trusted: it is not started/);
        assert.ok(remedies.includes('settings'));
        assert.deepEqual(machine.asked, []);
        assert.equal((await found(wanted({ path }), machine)).version, '0.1.0');
    }
    const outside = wanted({ path: '/opt/cucurbit', trusted: false });
    assert.equal((await found(outside, world({}, { programs }))).command.program, '/opt/cucurbit');
});

test('what lies in a folder', () => {
    assert.ok(isInside('/w/bin/python', '/w', false));
    assert.ok(isInside('/w/bin/python', '/w/', false));
    assert.ok(!isInside('/wide/bin/python', '/w', false));
    assert.ok(!isInside('python3', '/w', false));
    assert.ok(isInside('/opt/../w/bin/python', '/w', false));
    assert.ok(isInside('/opt//../w/./bin/python', '/w', false));
    assert.ok(!isInside('/w/../opt/python', '/w', false));
    assert.ok(isInside('C:\\opt\\..\\W\\python.exe', 'c:/w', true));
    assert.ok(isInside('C:\\W\\Scripts\\python.exe', 'c:\\w', true));
});
