"""Says what a Python is. Run by the interpreter in question, of whatever version: it must work in all of them."""

import json
import sys


def installed(name):
    # type: (str) -> object
    """The version of a distribution; null where it is not there."""
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
