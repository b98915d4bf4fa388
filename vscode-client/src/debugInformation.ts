import os from 'node:os';
import * as vscode from 'vscode';
import { shown } from './command.ts';
import type { Server } from './server.ts';
import { SECTION } from './settings.ts';

/** What a report of a defect should hold: versions, what runs, what is set. No text of the workspace, and no names. */
export function debugInformation(server: Server, extensionVersion: string, found: string): string {
    const { state } = server;
    const lines = [
        `Cucurbit extension ${extensionVersion}`,
        `${vscode.env.appName} ${vscode.version}${vscode.env.remoteName ? `, remote ${vscode.env.remoteName}` : ''}`,
        `${os.platform()} ${os.release()} ${os.arch()}`,
        `${vscode.workspace.workspaceFolders?.length ?? 0} folders, trusted: ${vscode.workspace.isTrusted}`,
    ];
    if (state.kind === 'running') {
        lines.push(`cucurbit ${state.version}, ${state.found.origin}, process ${server.pid ?? '?'}`);
        lines.push(`started as: ${shown(state.found.command)}`);
        lines.push(found);
    } else {
        lines.push(`server: ${state.kind}`);
        lines.push(state.kind === 'missing' ? [state.missing.message, ...state.missing.tried].join('\n  ') : '');
        lines.push(state.kind === 'failed' ? state.message : '');
    }
    lines.push(`settings: ${JSON.stringify(changed(), undefined, 2)}`);
    const text = lines.filter(line => line !== '').join('\n');
    return `${text.replaceAll(os.homedir(), '~')}\n`;
}

/** The settings that somebody set. */
function changed(): Record<string, unknown> {
    const section = vscode.workspace.getConfiguration(SECTION);
    const found: Record<string, unknown> = {};
    const walk = (value: unknown, name: string): void => {
        const inspected = section.inspect(name);
        if (inspected?.key.startsWith(SECTION) && inspected.defaultValue !== undefined) {
            if (value !== null) {
                found[name] = value;
            }
        } else if (typeof value === 'object' && value !== null) {
            for (const [key, each] of Object.entries(value)) {
                walk(each, name ? `${name}.${key}` : key);
            }
        }
    };
    for (const [key, value] of Object.entries(section)) {
        if (typeof value !== 'function') {
            walk(value, key);
        }
    }
    return found;
}
