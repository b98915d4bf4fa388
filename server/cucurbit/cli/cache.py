"""``cucurbit cache``: shows the folder and the size of the cache, or empties it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from cucurbit.cache import store
from cucurbit.cache.folder import cache_folder, is_switched_off
from cucurbit.cli.errors import CLEAN, Refused
from cucurbit.cli.root import root_of
from cucurbit.opening import open_workspace
from cucurbit.report.report import counted, printable


def run(options: Namespace) -> int:
    """Show or empty the cache that commands in the current folder use. Returns the exit code.

    Raises:
        Refused: there is no folder for a cache, or some files could not be removed.
    """
    root = root_of([os.getcwd()])
    cache = cache_folder(open_workspace(root).settings.cache_dir, root)
    if cache is None:
        raise Refused("there is no folder for the cache; set CUCURBIT_CACHE_DIR to one")
    if options.action == "dir":
        sys.stdout.write(f"{cache}\n")
    elif options.action == "info":
        files, size = store.size(cache)
        off = " It is switched off by CUCURBIT_NO_CACHE." if is_switched_off() else ""
        limit = store.LIMIT // (1024 * 1024)
        sys.stdout.write(
            f"{printable(cache)}: {counted(files, 'file')}, {size / (1024 * 1024):.1f} of {limit} MiB.{off}\n"
        )
    else:
        gone, stayed = store.clear(cache)
        if stayed:
            raise Refused(f"{counted(stayed, 'file')} in {printable(cache)} cannot be removed")
        sys.stdout.write(f"Removed {counted(gone, 'file')} from {printable(cache)}.\n")
    return CLEAN
