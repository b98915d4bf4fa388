"""Runs one command under py-spy, which writes a flame graph: ``profiled.py PY_SPY FOLDER LABEL COMMAND...``."""

import os
import sys


def main() -> None:
    """Become py-spy, with a file name that is not yet taken."""
    spy, folder, label, *command = sys.argv[1:]
    name = f"{label}-{os.path.basename(os.getcwd())}"
    number = 1
    while os.path.exists(os.path.join(folder, f"{name}-{number}.svg")):
        number += 1
    path = os.path.join(folder, f"{name}-{number}.svg")
    # The file stands from now on, so that whoever starts meanwhile takes another name.
    open(path, "wb").close()
    os.execv(spy, [spy, "record", "--format", "flamegraph", "--rate", "250", "--output", path, "--", *command])


if __name__ == "__main__":
    main()
