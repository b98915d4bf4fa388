# === else runs where nothing is raised
try:
    value = 1
except ValueError:
    value = 2
else:
    value = 3
assert value == 3
# === finally always runs
log = []
try:
    log.append("body")
finally:
    log.append("finally")
assert log == ["body", "finally"]
# === the handler of int
try:
    port = int("abc")
except ValueError:
    port = 80
if port != 80:
    raise RuntimeError("the handler did not run")
# === a name that only the handler binds
try:
    int("abc")
except ValueError:
    fallback = "plain"
if fallback != "plain":
    raise RuntimeError("no fallback")
# === the rest of a try is not run
done = False
try:
    float("x")
    done = True
except ValueError:
    pass
if done:
    raise RuntimeError("the rest ran")
# === an index that is not there
try:
    [][0]
except IndexError:
    empty = True
else:
    raise RuntimeError("an item of an empty list")
# === a key that is not there
try:
    {}["a"]
except KeyError as error:
    missing = error.args[0]
assert missing == "a"
# === an attribute of None
try:
    None.name
except AttributeError:
    pass
else:
    raise RuntimeError("None has a name")
# === a string and a number
try:
    "a" + 1
except TypeError:
    refused = True
assert refused
# === a division by zero
try:
    1 / 0
except ZeroDivisionError:
    result = None
assert result is None
# === an integer division by zero
def share(total, parts):
    try:
        return total // parts
    except ZeroDivisionError:
        return 0
assert share(1, 0) == 0
# === json that is bad
import json
try:
    data = json.loads("bad")
except json.JSONDecodeError:
    data = {}
if data != {}:
    raise RuntimeError("parsed")
# === a file that is missing
try:
    open("no-such-file.txt")
except FileNotFoundError:
    text = ""
else:
    raise RuntimeError("there is no such file")
# === an environment variable that is missing
import os
try:
    url = os.environ["NO_SUCH_VARIABLE_HERE"]
except KeyError:
    url = "sqlite://"
assert url == "sqlite://"
# === the next of nothing
try:
    next(iter([]))
except StopIteration:
    ended = True
assert ended
# === a missing argument
def f(a, b):
    return a + b
try:
    f(1)
except TypeError:
    refused = True
else:
    raise RuntimeError("called without b")
# === an argument too many
def f(a):
    return a
try:
    f(1, 2)
except TypeError:
    refused = True
else:
    raise RuntimeError("called with two")
# === an unexpected keyword
def f(a):
    return a
try:
    f(a=1, b=2)
except TypeError:
    refused = True
assert refused
# === an attribute that an object has not
class A:
    pass
try:
    A().x
except AttributeError:
    x = None
assert x is None
# === list.index of what is not there
try:
    [1].index(2)
except ValueError:
    at = -1
assert at == -1
# === pop of an empty set
try:
    set().pop()
except KeyError:
    empty = True
assert empty
# === an import by name that fails
import importlib
try:
    importlib.import_module("json.nothing")
except ImportError:
    module = None
assert module is None
# === an import that fails
try:
    import no_such_module_anywhere
except ImportError:
    no_such_module_anywhere = None
if no_such_module_anywhere is not None:
    raise RuntimeError("imported")
# === ModuleNotFoundError has a name
try:
    import no_such_module_anywhere
except ModuleNotFoundError as error:
    name = error.name
assert name == "no_such_module_anywhere"
# === a name that a module has not
try:
    from json import no_such_name
except ImportError:
    no_such_name = "default"
assert no_such_name == "default"
# === a handler for a base class
try:
    raise KeyError("a")
except LookupError:
    caught = "lookup"
assert caught == "lookup"
# === the first handler that fits
try:
    raise ValueError
except (KeyError, ValueError):
    caught = 1
except Exception:
    caught = 2
assert caught == 1
# === a handler that does not fit
try:
    try:
        raise KeyError("inner")
    except ValueError:
        raise RuntimeError("the wrong handler")
except KeyError:
    caught = True
assert caught
# === raise from
try:
    try:
        raise KeyError("a")
    except KeyError as error:
        raise ValueError("b") from error
except ValueError as error:
    cause = error.__cause__
assert isinstance(cause, KeyError)
# === the context of an exception
try:
    try:
        raise KeyError("a")
    except KeyError:
        raise ValueError("b")
except ValueError as error:
    assert isinstance(error.__context__, KeyError) and error.__cause__ is None
# === raise from None
try:
    try:
        raise KeyError
    except KeyError:
        raise ValueError from None
except ValueError as error:
    assert error.__suppress_context__
# === a bare raise
log = []
try:
    try:
        raise OSError("disk")
    except OSError:
        log.append("seen")
        raise
except OSError as error:
    log.append(str(error))
assert log == ["seen", "disk"]
# === an exception of one's own
class NotReady(Exception):
    def __init__(self, name):
        super().__init__(name)
        self.name = name
try:
    raise NotReady("db")
except NotReady as error:
    assert error.name == "db" and error.args == ("db",)
# === an exception class is raised as an instance
class Problem(Exception):
    code = 7
try:
    raise Problem
except Problem as problem:
    if problem.code != 7:
        raise RuntimeError("no code")
# === a hierarchy of exceptions
class Base(Exception):
    pass
class Child(Base):
    pass
try:
    raise Child("x")
except Base as error:
    kind = type(error).__name__
assert kind == "Child"
# === the tuple of exceptions is a variable
RETRIED = (ConnectionError, TimeoutError)
try:
    raise ConnectionRefusedError("no")
except RETRIED:
    again = True
assert again
# === finally runs on the way out
log = []
def run():
    try:
        return "value"
    finally:
        log.append("closed")
assert run() == "value" and log == ["closed"]
# === a return in finally wins
def run():
    try:
        return 1
    finally:
        return 2
assert run() == 2
# === a return in finally swallows
def run():
    try:
        raise ValueError
    finally:
        return "swallowed"
assert run() == "swallowed"
# === break in finally swallows
for _ in range(1):
    try:
        raise ValueError
    finally:
        break
assert True
# === a return in else
def run():
    try:
        value = 1
    except Exception:
        return "failed"
    else:
        return "passed"
assert run() == "passed"
# === an exception in else is not caught there
def run():
    try:
        pass
    except ValueError:
        return "here"
    else:
        raise ValueError
try:
    run()
except ValueError:
    where = "outside"
assert where == "outside"
# === a handler returns early
def load(text):
    try:
        value = int(text)
    except ValueError:
        return None
    return value + 1
assert load("x") is None and load("1") == 2
# === a handler returns before a check
def setup():
    global ready
    try:
        int("nothing")
    except ValueError:
        return False
    ready = True
    raise RuntimeError("never reached")
ready = False
assert setup() is False
if ready:
    raise RuntimeError("ready")
# === a handler continues a loop
good = []
for text in ("1", "x", "2"):
    try:
        number = int(text)
    except ValueError:
        continue
    good.append(number)
assert good == [1, 2]
# === a handler breaks a loop
for text in ("1", "x", "2"):
    try:
        int(text)
    except ValueError:
        bad = text
        break
else:
    raise RuntimeError("all good")
assert bad == "x"
# === a try in a handler
try:
    int("x")
except ValueError:
    try:
        number = float("1.5")
    except ValueError:
        number = None
assert number == 1.5
# === a try in finally
log = []
try:
    pass
finally:
    try:
        int("x")
    except ValueError:
        log.append("cleaned")
assert log == ["cleaned"]
# === an assertion that fails is caught
try:
    assert 1 > 2, "message"
except AssertionError as error:
    assert str(error) == "message"
# === notes of an exception [3.11]
try:
    error = ValueError("x")
    error.add_note("more")
    raise error
except ValueError as caught:
    assert caught.__notes__ == ["more"]
# === an exception group [3.11]
try:
    raise ExceptionGroup("all", [ValueError(1), KeyError("k")])
except* ValueError as group:
    values = len(group.exceptions)
except* KeyError:
    keys = True
assert values == 1 and keys
# === what except* leaves goes on [3.11]
try:
    try:
        raise ExceptionGroup("g", [ValueError(), TypeError()])
    except* ValueError:
        pass
except ExceptionGroup as rest:
    left = [type(e).__name__ for e in rest.exceptions]
assert left == ["TypeError"]
# === except* of a plain exception [3.11]
try:
    raise ValueError("plain")
except* ValueError as group:
    caught = isinstance(group, ExceptionGroup)
assert caught
# === SystemExit is caught
import sys
try:
    sys.exit(3)
except SystemExit as end:
    code = end.code
assert code == 3
# === SystemExit is no Exception
import sys
try:
    try:
        sys.exit("bye")
    except Exception:
        raise RuntimeError("SystemExit is no Exception")
except SystemExit:
    ended = True
assert ended
# === sys.exit with nothing ends well
import sys
if len("abc") == 3:
    sys.exit()
raise RuntimeError("never")
# === sys.exit(0) in a function
import sys
def main():
    sys.exit(0)
main()
raise RuntimeError("never")
# === KeyboardInterrupt is no Exception
try:
    raise KeyboardInterrupt
except Exception:
    raise RuntimeError("it is no Exception")
except BaseException:
    caught = True
assert caught
# === an exception from a constructor
class Strict:
    def __init__(self, value):
        if value < 0:
            raise ValueError("negative")
        self.value = value
try:
    strict = Strict(-1)
except ValueError:
    strict = None
assert strict is None
# === an exception from a property
class Lazy:
    @property
    def value(self):
        raise LookupError("not yet")
try:
    Lazy().value
except LookupError:
    late = True
assert late
# === an exception from an operator
class Money:
    def __add__(self, other):
        raise TypeError("different currencies")
try:
    Money() + Money()
except TypeError:
    refused = True
assert refused
# === an exception from __getattr__
class Proxy:
    def __getattr__(self, name):
        raise AttributeError(name)
assert getattr(Proxy(), "x", "default") == "default"
if hasattr(Proxy(), "x"):
    raise RuntimeError("it has not")
# === an exception from iteration
def numbers():
    yield 1
    raise ValueError("stop")
got = []
try:
    for n in numbers():
        got.append(n)
except ValueError:
    got.append("end")
assert got == [1, "end"]
# === an exception in a comprehension
try:
    [int(x) for x in ("1", "x")]
except ValueError:
    failed = True
assert failed
# === RecursionError is caught
def forever():
    return forever()
try:
    forever()
except RecursionError:
    deep = True
assert deep
# === a with in a try
class Door:
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.closed = True
door = Door()
try:
    with door:
        raise ValueError
except ValueError:
    pass
assert door.closed
# === a class attribute is not there
class Settings:
    pass
try:
    Settings.URL
except AttributeError:
    Settings.URL = "default"
assert Settings.URL == "default"
# === errors are counted
errors = 0
for value in ("1", "b", None, "4"):
    try:
        int(value)
    except (TypeError, ValueError):
        errors += 1
if errors != 2:
    raise RuntimeError(errors)
# === a flag that the handler hands back
import json
def check(text):
    ok = True
    try:
        json.loads(text)
    except ValueError:
        ok = False
    return ok
if check("{"):
    raise RuntimeError("it is no JSON")
if not check("{}"):
    raise RuntimeError("it is JSON")
# === a decorated function that swallows
import functools
def quiet(function):
    @functools.wraps(function)
    def wrapper(*args):
        try:
            return function(*args)
        except Exception:
            return None
    return wrapper
@quiet
def fail():
    raise RuntimeError("loud")
assert fail() is None
# === exceptions in a table of handlers
TABLE = {KeyError: "key", ValueError: "value"}
def classify(error):
    try:
        raise error
    except tuple(TABLE) as caught:
        return TABLE[type(caught)]
assert classify(ValueError()) == "value"
# === errno of an OSError
import errno
try:
    open("no/such/folder/file")
except OSError as error:
    code = error.errno
assert code == errno.ENOENT
# === the exit code of argparse
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
try:
    parser.parse_args(["--port", "x"])
except SystemExit as end:
    code = end.code
else:
    raise RuntimeError("x is no port")
assert code == 2
# === the traceback module
import traceback
try:
    raise ValueError("shown")
except ValueError:
    text = traceback.format_exc()
assert "shown" in text
# === sys.exc_info
import sys
try:
    raise ValueError
except ValueError:
    kind = sys.exc_info()[0]
assert kind is ValueError
# === an exception with several arguments
error = OSError(2, "no such file", "x.txt")
assert error.errno == 2 and error.filename == "x.txt"
# === str and repr of exceptions
assert str(KeyError("a")) == "'a'" and repr(ValueError("x")) == "ValueError('x')"
# === a method of a dict refuses arguments
try:
    {}.get(1, 2, 3)
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === a built-in function refuses arguments
try:
    sorted([2, 1], None, len)
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === type refuses the namespace of a class
try:
    type("A", (), {"__slots__": "x", "x": 0})
except ValueError:
    refused = True
else:
    raise RuntimeError("accepted")
# === print refuses a keyword
try:
    print("x", colour=5)
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === an exception refuses a keyword
try:
    ImportError("x", colour=5)
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === a positional-only parameter given by name
def f(a, b=10, /, c=100):
    return a + b + c
assert f(1, 2, c=3) == 6
try:
    f(1, b=2)
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === a keyword with the name of a positional-only parameter
def f(a, /, **options):
    return a, options
assert f(1, a=2) == (1, {"a": 2})
try:
    f(a=2)
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === a generator function refuses arguments when it is called
def numbers(n):
    yield n
try:
    numbers()
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === a cause that is no exception
try:
    raise ValueError from 5
except TypeError:
    refused = True
# === a cause that fails
class Cause(Exception):
    def __init__(self):
        raise RuntimeError("cause")
try:
    raise ValueError from Cause
except RuntimeError:
    failed = True
# === __init__ returns something
class A:
    def __init__(self):
        return 10
try:
    A()
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === the constructor of an external base refuses an attribute of the class
import csv
class Dialect(csv.Dialect):
    delimiter = "::"
try:
    Dialect()
except csv.Error:
    refused = True
else:
    raise RuntimeError("accepted")
# === a name in __slots__ is an attribute
try:
    class A:
        __slots__ = ["x"]
        x = None
except ValueError:
    refused = True
else:
    raise RuntimeError("accepted")
# === an Enum with members has no subclasses
import enum
class Colour(enum.Enum):
    RED = 1
try:
    class More(Colour):
        BLUE = 2
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === an overload is called
from typing import overload
try:
    @overload
    def f(x):
        pass
    f(1)
except NotImplementedError:
    refused = True
else:
    raise RuntimeError("accepted")
# === the defaults of a function are deleted
def f(a=1):
    return a
del f.__defaults__
try:
    f()
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === a context manager without __exit__
class Half:
    def __enter__(self):
        return self
try:
    with Half():
        pass
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === __bool__ fails
class Bad:
    def __bool__(self):
        raise ValueError("bad")
try:
    not Bad()
except ValueError:
    refused = True
else:
    raise RuntimeError("accepted")
# === a handler that names no class
try:
    try:
        raise ValueError
    except 42:
        pass
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === a bare raise in a finally
def again():
    try:
        raise TypeError("first")
    except TypeError:
        try:
            raise KeyError("second")
        finally:
            raise
try:
    again()
except KeyError:
    second = True
# === StopIteration in a generator
def numbers():
    raise StopIteration
    yield
try:
    next(numbers())
except RuntimeError:
    refused = True
# === a pattern that is wrong
import re
try:
    re.compile("(a))")
except re.error:
    refused = True
else:
    raise RuntimeError("accepted")
# === a decorator refuses a class
import functools
try:
    @functools.total_ordering
    class A:
        pass
except ValueError:
    refused = True
else:
    raise RuntimeError("accepted")
# === ranges have no order
try:
    range(1) < range(2)
except TypeError:
    refused = True
else:
    raise RuntimeError("accepted")
# === a handler looks at what the block did before it failed
def numbers(state=[0]):
    state[0] += 1
    if state[0] == 3:
        raise ValueError
    return state[0]
seen = []
try:
    for n in iter(numbers, 20):
        seen.append(n)
except ValueError:
    assert seen == [1, 2]
else:
    raise RuntimeError("no end")
# === delattr of a name that is not there
class A:
    pass
try:
    delattr(A(), "x")
except AttributeError:
    refused = True
else:
    raise RuntimeError("accepted")
