/**
 * Serves the VS Code that is in a code-server: `node serve.mjs FOLDER OPTIONS`, where the options are VS Code's own, as JSON.
 * Without a `port` among them it does what they ask for and ends, as `install-extension`.
 *
 * code-server's own program has other options in each of its versions, and needs a module that has to be compiled. No
 * TypeScript: the oldest VS Code needs a Node.js that cannot read it.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [folder = '', given = '{}'] = process.argv.slice(2);
const options = {
    'accept-server-license-terms': true,
    'without-connection-token': true,
    compatibility: '1.64',
    'disable-telemetry': true,
    'disable-update-check': true,
    ...JSON.parse(given),
};
const main = path.resolve(folder, 'node_modules/code-server/lib/vscode/out/server-main.js');
// Else it would serve by itself already when it is loaded.
process.env.CODE_SERVER_PARENT_PID = String(process.pid);
const loaded = await import(pathToFileURL(main).href);
const code = await (loaded.loadCodeWithNls ?? loaded.default.loadCodeWithNls)();

if (options.port === undefined) {
    await code.spawnCli(options);
} else {
    const server = await code.createServer(null, options);
    const key = randomBytes(32);
    http.createServer((request, response) => {
        // Half of the key by which a window keeps its secrets.
        if (request.method === 'POST' && request.url.startsWith('/mint-key')) {
            response.end(key);
        } else {
            server.handleRequest(request, response);
        }
    })
        .on('upgrade', (request, socket) => server.handleUpgrade(request, socket))
        .listen(Number(options.port), '127.0.0.1');
}
