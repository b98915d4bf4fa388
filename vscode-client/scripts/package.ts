/** Packages the extension for this platform: `node scripts/package.ts FILE.vsix`; scripts/bundle.py puts the server in. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const CLIENT = path.resolve(import.meta.dirname, '..');
const vsce = path.join(CLIENT, 'node_modules/@vscode/vsce/vsce');
const target = `${process.platform}-${process.arch}`;
const vsix = path.resolve(process.argv[2] ?? 'cucurbit.vsix');

function run(...args: readonly string[]): void {
    const result = spawnSync(process.execPath, [...args], { cwd: CLIENT, stdio: ['ignore', 'pipe', 'inherit'] });
    if (result.status !== 0) {
        console.error(String(result.stdout));
        process.exit(result.status ?? 1);
    }
}

fs.copyFileSync(path.join(CLIENT, '../LICENSE'), path.join(CLIENT, 'LICENSE'));
run('scripts/build.ts', '--minify');
run(vsce, 'package', '--no-dependencies', '--target', target, '--out', vsix);
