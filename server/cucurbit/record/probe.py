"""Prints the version and packages of the Python that runs it. It must work in every version of Python."""

import json
import sys


def installed(name):
    # type: (str) -> object
    """The version of a distribution; None if it is not installed."""
    try:
        from importlib.metadata import version

        return version(name)
    except Exception:  # noqa: BLE001 - an older Python, or packages without metadata
        pass
    try:
        return getattr(__import__(name), "__version__", "")
    except Exception:  # noqa: BLE001 - whatever a broken package raises
        return None


if __name__ == "__main__":
    sys.path.pop(0)
    answer = {
        "version": ".".join(str(part) for part in sys.version_info[:3]),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "sqlalchemy": installed("sqlalchemy"),
        "alembic": installed("alembic"),
    }
    sys.stdout.write(json.dumps(answer) + "\n")
