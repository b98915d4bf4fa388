"""Loaded by every Python that a recorded command starts. It must parse in every version of Python."""

import sys

if sys.version_info >= (3, 8):
    import cucurbit_recorder  # type: ignore[import-not-found]

    cucurbit_recorder.begin()
else:
    import os

    with open(os.environ["CUCURBIT_RECORD"], "a") as log:
        log.write('{"process": %d, "too_old": "%d.%d"}\n' % (os.getpid(), sys.version_info[0], sys.version_info[1]))
