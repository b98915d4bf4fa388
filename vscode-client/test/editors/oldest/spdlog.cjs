/**
 * Stands in for @vscode/spdlog, which has to be compiled: this VS Code hangs in its extension host where it is missing.
 * Lines go to the same files, without their rotation.
 */
const fs = require('node:fs');
const path = require('node:path');

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical'];

class Logger {
    constructor(file) {
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.closeSync(fs.openSync(file, 'a'));
        for (const level of LEVELS) {
            this[level] = message => fs.appendFileSync(file, `${new Date().toISOString()} [${level}] ${message}\n`);
        }
    }

    setLevel() {}
    setPattern() {}
    clearFormatters() {}
    flush() {}
    drop() {}
}

exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.createRotatingLogger = async (_name, file) => new Logger(file);
exports.createAsyncRotatingLogger = exports.createRotatingLogger;
