/** Bundles the extension into dist/: `node scripts/build.ts [--minify]`. */
import { build } from 'esbuild';

await build({
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.cjs',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    minify: process.argv.includes('--minify'),
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
});
