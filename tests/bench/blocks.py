"""Pieces of ordinary code, of which the files of a generated workspace are made.

Each is a ``%`` template over names and numbers, with the import lines that it needs. None means anything; together they
have the statements, the nesting, the comments and the line lengths that business code has.
"""

from __future__ import annotations

from tests.bench.block import ANY, DATACLASS, DATETIME, DECIMAL, LOGGING, TYPES, Block
from tests.bench.more_blocks import MORE, TESTS

__all__ = ["BLOCKS", "TESTS"]

FIRST: tuple[Block, ...] = (
    Block(
        (LOGGING, TYPES),
        '''
def %(fn)s(%(a)ss: Iterable[str], *, limit: int = %(n)d) -> list[str]:
    """%(v)s every %(a)s at most once, in the order of the first time it was seen."""
    seen: set[str] = set()
    result: list[str] = []
    for %(a)s in %(a)ss:
        key = %(a)s.strip().casefold()
        if not key or key in seen:
            continue
        seen.add(key)
        result.append(%(a)s)
        if len(result) >= limit:
            logging.getLogger(__name__).warning("more than %%d %(a)ss, the rest is left out", limit)
            break
    return result

''',
    ),
    Block(
        (DATACLASS, DECIMAL),
        '''
@dataclass(frozen=True)
class %(cls)s:
    """What is known of one %(a)s when it is %(v)sed."""

    %(a)s_id: int
    %(b)s: str
    amount: Decimal = Decimal("0.00")
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.tags and self.amount == 0

    def with_%(c)s(self, %(c)s: str) -> "%(cls)s":
        merged = {**self.attributes, "%(c)s": %(c)s}
        return %(cls)s(self.%(a)s_id, self.%(b)s, self.amount, self.tags, merged)

    def total(self, rate: Decimal) -> Decimal:
        # Rounded once, at the end: rounding each position loses cents.
        return (self.amount * (1 + rate)).quantize(Decimal("0.01"))

''',
    ),
    Block(
        (DATETIME,),
        '''
def %(fn)s(moment: datetime | None = None, *, days: int = %(m)d) -> tuple[datetime, datetime]:
    """The window in which a %(a)s can still be %(v)sed, in UTC."""
    now = moment or datetime.now(timezone.utc)
    if now.tzinfo is None:
        now = now.replace(tzinfo=timezone.utc)
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=days)

''',
    ),
    Block(
        (ANY, TYPES),
        '''
def %(fn)s(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Translate the %(a)s of a provider into ours."""
    names = {
        "%(a)sId": "%(a)s_id",
        "%(b)sName": "%(b)s_name",
        "%(c)sCode": "%(c)s_code",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
    }
    result = {ours: payload[theirs] for theirs, ours in names.items() if theirs in payload}
    missing = [theirs for theirs in names if theirs not in payload]
    if len(missing) > %(m)d:
        raise ValueError(f"incomplete %(a)s: {', '.join(missing)}")
    extra = payload.get("meta")
    if isinstance(extra, Mapping):
        result["%(b)s"] = {str(key): value for key, value in extra.items() if value is not None}
    return result

''',
    ),
    Block(
        (LOGGING, "import asyncio", ANY),
        '''
async def %(fn)s(client: Any, %(a)s_id: int, *, attempts: int = 3) -> dict[str, Any] | None:
    """%(v)s a %(a)s at the provider, again after a pause where it is busy."""
    log = logging.getLogger(__name__)
    delay = 0.%(m)d
    for attempt in range(1, attempts + 1):
        try:
            response = await client.get(f"/v1/%(a)ss/{%(a)s_id}", params={"expand": "%(b)s"})
            if response.status_code == 404:
                return None
            response.raise_for_status()
        except OSError as error:
            log.info("attempt %%d of %%d to %(v)s %(a)s %%d failed: %%s", attempt, attempts, %(a)s_id, error)
            if attempt == attempts:
                raise
            await asyncio.sleep(delay)
            delay *= 2
        else:
            return dict(response.json())
    return None

''',
    ),
    Block(
        ("import enum",),
        '''
class %(cls)s(str, enum.Enum):
    """Where a %(a)s stands."""

    DRAFT = "draft"
    PENDING = "pending"
    ACTIVE = "active"
    %(B)s = "%(b)s"
    ARCHIVED = "archived"

    @property
    def is_final(self) -> bool:
        return self in {%(cls)s.ARCHIVED, %(cls)s.%(B)s}

    def can_become(self, other: "%(cls)s") -> bool:
        order = list(%(cls)s)
        return not self.is_final and order.index(other) > order.index(self)

''',
    ),
    Block(
        (LOGGING, ANY, TYPES),
        '''
class %(cls)s:
    """Collects %(a)ss and %(v)ss them in batches.

    Not safe for several threads: each worker has its own.
    """

    def __init__(self, %(b)s: Any, *, size: int = %(n)d) -> None:
        self._%(b)s = %(b)s
        self._size = size
        self._waiting: list[Mapping[str, Any]] = []
        self._log = logging.getLogger(type(self).__name__)

    def add(self, %(a)s: Mapping[str, Any]) -> None:
        self._waiting.append(%(a)s)
        if len(self._waiting) >= self._size:
            self.flush()

    def flush(self) -> int:
        """Send what is waiting. Returns how many there were."""
        if not self._waiting:
            return 0
        batch, self._waiting = self._waiting, []
        try:
            self._%(b)s.send([dict(each) for each in batch])
        except ConnectionError:
            self._log.exception("a batch of %%d %(a)ss was not sent", len(batch))
            self._waiting = batch + self._waiting
            return 0
        self._log.debug("sent %%d %(a)ss", len(batch))
        return len(batch)

    def __enter__(self) -> "%(cls)s":
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

''',
    ),
    Block(
        ("import re",),
        '''
_%(B)s_PATTERN = re.compile(r"^(?P<%(a)s>[a-z]{2,%(m)d})[-_](?P<number>\\d+)(?:\\.(?P<%(b)s>\\w+))?$")


def %(fn)s(text: str) -> tuple[str, int]:
    """The %(a)s and the number of a reference such as ``%(a)s-%(n)d``."""
    match = _%(B)s_PATTERN.match(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is no reference of a %(a)s")
    return match["%(a)s"], int(match["number"])

''',
    ),
    Block(
        ("import hashlib", "import json", ANY),
        '''
def %(fn)s(%(a)s: dict[str, Any], *, salt: str = "%(b)s-%(n)d") -> str:
    """A key that is equal for equal %(a)ss, whatever the order of their fields."""
    text = json.dumps(%(a)s, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(f"{salt}:{text}".encode()).hexdigest()[:%(n)d]

''',
    ),
    Block(
        ("import csv", "import io", TYPES),
        '''
def %(fn)s(rows: Sequence[Mapping[str, object]], columns: Sequence[str] = ("%(a)s", "%(b)s", "%(c)s")) -> str:
    """The rows as CSV, with a header. Columns that a row lacks are empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\\n")
    writer.writerow(columns)
    for row in rows:
        values = []
        for column in columns:
            value = row.get(column, "")
            values.append("" if value is None else str(value).replace("\\n", " "))
        writer.writerow(values)
    return buffer.getvalue()

''',
    ),
    Block(
        (TYPES, "from collections import defaultdict"),
        '''
def %(fn)s(%(a)ss: Iterable[Mapping[str, object]]) -> dict[str, list[int]]:
    """Group the numbers of %(a)ss by their %(b)s."""
    groups: dict[str, list[int]] = defaultdict(list)
    for position, each in enumerate(%(a)ss, start=1):
        match each:
            case {"%(b)s": str(key), "id": int(number)}:
                groups[key].append(number)
            case {"%(b)s": None}:
                groups["unknown"].append(position)
            case _:
                # Old exports have no %(b)s at all.
                groups["%(c)s"].append(-position)
    return {key: sorted(numbers) for key, numbers in groups.items() if len(numbers) > %(m)d}

''',
    ),
)

BLOCKS: tuple[Block, ...] = (*FIRST, *MORE)
