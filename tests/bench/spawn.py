"""Runs one command and prints its exit code, seconds of wall and processor time, and KiB of peak memory.

A process of its own, which imports next to nothing: the kernel counts the memory of whoever starts a process as the
process's, up to the moment at which the program is loaded.
"""

import os
import sys
import time


def main() -> None:
    """``spawn.py OUTPUT ERRORS COMMAND...``"""
    output, errors, *command = sys.argv[1:]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    begin = time.perf_counter()
    pid = os.posix_spawnp(
        command[0],
        command,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, output, flags, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, errors, flags, 0o600),
        ],
    )
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begin
    code = os.waitstatus_to_exitcode(status)
    sys.stdout.write(f"{code} {wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}\n")


if __name__ == "__main__":
    main()
