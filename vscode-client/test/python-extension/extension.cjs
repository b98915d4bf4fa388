const vscode = require('vscode');

const FILES = { '/demo/models.py': 'import sqlalchemy\n', '/demo/alembic.ini': '[alembic]\n' };

const never = () => {
    throw vscode.FileSystemError.NoPermissions();
};

/** A folder with two files, of a scheme of its own, that cannot be written. */
const files = {
    onDidChangeFile: new vscode.EventEmitter().event,
    createDirectory: never,
    writeFile: never,
    delete: never,
    rename: never,
    watch: () => new vscode.Disposable(() => {}),
    stat: ({ path }) => {
        if (path === '/demo') {
            return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
        }
        return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: files.readFile({ path }).length };
    },
    readDirectory: () => Object.keys(FILES).map(path => [path.split('/').at(-1), vscode.FileType.File]),
    readFile: ({ path }) => {
        if (!(path in FILES)) {
            throw vscode.FileSystemError.FileNotFound(path);
        }
        return Buffer.from(FILES[path]);
    },
};

exports.activate = () => {
    vscode.workspace.registerFileSystemProvider('stand-in', files, { isReadonly: true });
    const changed = new vscode.EventEmitter();
    let selected = '';
    vscode.commands.registerCommand('standIn.select', path => {
        selected = path;
        changed.fire({ path });
    });
    return {
        ready: Promise.resolve(),
        environments: {
            getActiveEnvironmentPath: () => ({ id: selected, path: selected }),
            resolveEnvironment: async ({ path }) => ({ executable: { uri: path ? vscode.Uri.file(path) : undefined } }),
            onDidChangeActiveEnvironmentPath: changed.event,
        },
    };
};
