import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configured } from '../../src/configured.ts';

const DECLARED = ['select', 'severity', 'codeLens', 'python', 'aggregator.module', 'aggregator.style'];

/** A configuration as VS Code answers it: the values with their defaults, and what is set where. */
function section(values: object, set: Readonly<Record<string, object>>) {
    return { ...values, inspect: (name: string) => set[name] };
}

test('only what somebody has set is sent', () => {
    const values = {
        select: ['all'],
        severity: {},
        codeLens: true,
        python: '',
        aggregator: { module: '', style: 'noqa' },
    };
    assert.deepEqual(configured(section(values, {}), DECLARED), { aggregator: {} });
    const set = { codeLens: { globalValue: true }, 'aggregator.style': { workspaceFolderValue: 'noqa' } };
    assert.deepEqual(configured(section(values, set), DECLARED), { codeLens: true, aggregator: { style: 'noqa' } });
});

test('an object is one setting, and what nobody declared is sent for the server to name', () => {
    const values = { severity: { 'duplicate-table': 'off' }, selct: ['all'], aggregator: 7 };
    const set = { severity: { workspaceValue: {} }, selct: { globalValue: 1 }, aggregator: { globalValue: 7 } };
    assert.deepEqual(configured(section(values, set), DECLARED), values);
});

test('an empty text counts as not set, null does as it is', () => {
    const set = { python: { globalValue: '' }, codeLens: { workspaceValue: null } };
    assert.deepEqual(configured(section({ python: '', codeLens: null }, set), DECLARED), { codeLens: null });
});
