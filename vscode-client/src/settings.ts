import os from 'node:os';
import * as vscode from 'vscode';

export const SECTION = 'cucurbit';

/** A setting of the extension's own; one of another type counts as not set, as the server's do. */
export function text(name: string): string {
    const value: unknown = vscode.workspace.getConfiguration(SECTION).get(name);
    return typeof value === 'string' ? value.trim() : '';
}

/** A path as it stands in the settings, with what VS Code's users expect to be replaced replaced. */
export function expanded(path: string): string {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
    return path
        .replace(/^~(?=[/\\]|$)/, os.homedir())
        .replaceAll('${workspaceFolder}', folder)
        .replaceAll('${userHome}', os.homedir())
        .replace(/\$\{env:([^}]+)\}/g, (_, name: string) => process.env[name] ?? '');
}

/** What is wrong with the extension's own settings, one sentence each. */
export function wrongTypes(): string[] {
    const wrong = [];
    for (const name of ['path', 'interpreter']) {
        const value: unknown = vscode.workspace.getConfiguration(SECTION).get(name);
        if (value !== undefined && value !== null && typeof value !== 'string') {
            wrong.push(`The setting cucurbit.${name} must be a string, not ${JSON.stringify(value)}: it is ignored.`);
        }
    }
    return wrong;
}
