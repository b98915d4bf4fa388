"""Draws an Alembic environment: the configuration, env.py in its usual shapes, revision files."""

from __future__ import annotations

from tests.oracle.programs.model import Block, Compound, Line, Module, Node, under
from tests.oracle.programs.plan import Plan
from tests.oracle.programs.source import Source
from tests.oracle.programs.statements import Writer

LOGGING = """
[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain

[formatter_plain]
format = %(message)s
"""


def environment(source: Source, plan: Plan) -> tuple[list[Module], tuple[tuple[str, str], ...]]:
    """The modules of an environment, and the files that configure it."""
    folder = source.pick(("migrations", "alembic_files"))
    writer = Writer(source, plan, "env", f"{folder}/env.py")
    location = writer.pick((folder, f"%(here)s/{folder}"))
    root = plan.root.rstrip("/") or "."
    options = [f"script_location = {location}", "sqlalchemy.url = sqlite://"]
    prepends = writer.chance(75)
    if prepends:
        options.insert(1, f"prepend_sys_path = {root}")
    logs = writer.chance(30)
    text = "\n".join(["[alembic]", *options]) + "\n" + (LOGGING if logs else "")
    modules = [Module(f"{folder}/env.py", (*imports(writer, prepends), *running(writer, logs)))]
    modules += [revision(writer, folder, number) for number in range(source.count(0, 2))]
    return modules, (("alembic.ini", text),)


def imports(writer: Writer, prepends: bool) -> list[Node]:
    """What env.py imports: models, an aggregator, a walker, the base alone."""
    nodes: list[Node] = []
    if not prepends or writer.chance(15):
        root = writer.plan.root.rstrip("/")
        below = f' / "{root}"' if root else ""
        path = f'"{root}"' if writer.chance(30) else f"str(Path(__file__).resolve().parents[1]{below})"
        nodes.append(Line(f"sys.path.insert(0, {path})"))
    for _ in range(writer.count(0, 3)):
        nodes += writer.imported()
    return [*nodes, *writer.use_base()]


def running(writer: Writer, logs: bool) -> list[Node]:
    base, other = writer.base["Base"], writer.base["Other"]
    target = writer.pick(
        (
            f"{base}.metadata",
            f"{base}.metadata",
            writer.base["metadata"],
            f"[{base}.metadata, {other}.metadata]",
            "None",
        )
    )
    nodes: list[Node] = [Line(f"target_metadata = {target}")]
    if logs:
        nodes += [
            Line("config = context.config"),
            under("if config.config_file_name is not None:", Line("fileConfig(config.config_file_name)")),
        ]
    return [*nodes, *writer.pick((simple, template, template, asynchronous))()]


MIGRATE = under("with context.begin_transaction():", Line("context.run_migrations()"))
CONFIGURE = Line("context.configure(connection=connection, target_metadata=target_metadata)")
SECTION = (
    'context.config.get_section(context.config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool'
)


def simple() -> list[Node]:
    return [under('with create_engine("sqlite://").connect() as connection:', CONFIGURE, MIGRATE)]


def template() -> list[Node]:
    """The shape that ``alembic init`` writes."""
    return [
        under(
            "def run_migrations_offline():",
            Line(
                'context.configure(url=context.config.get_main_option("sqlalchemy.url"), '
                "target_metadata=target_metadata, literal_binds=True)"
            ),
            MIGRATE,
        ),
        under(
            "def run_migrations_online():",
            Line(f"connectable = engine_from_config({SECTION})"),
            under("with connectable.connect() as connection:", CONFIGURE, MIGRATE),
        ),
        offline_or("run_migrations_online()"),
    ]


def asynchronous() -> list[Node]:
    """The shape that ``alembic init -t async`` writes."""
    return [
        under("def do_run_migrations(connection):", CONFIGURE, MIGRATE),
        under(
            "async def run_async_migrations():",
            Line('connectable = create_async_engine("sqlite+aiosqlite://")'),
            under(
                "async with connectable.connect() as connection:", Line("await connection.run_sync(do_run_migrations)")
            ),
            Line("await connectable.dispose()"),
        ),
        under("def run_migrations_offline():", Line("pass")),
        offline_or("asyncio.run(run_async_migrations())"),
    ]


def offline_or(online: str) -> Node:
    return Compound(
        (
            Block("if context.is_offline_mode():", (Line("run_migrations_offline()"),)),
            Block("else:", (Line(online),)),
        )
    )


def revision(writer: Writer, folder: str, number: int) -> Module:
    before = f'"{number - 1:04}"' if number else "None"
    writer.in_function = True
    done: list[Node] = [Line(f'op.create_table("made_{number}", Column("id", Integer, primary_key=True))')]
    if writer.chance(25):
        # A revision that fails where it is pending is taken not to be.
        done = [writer.protected(node, 100) for node in writer.imported()]
    writer.in_function = False
    first = [writer.protected(node, 100) for node in writer.imported()] if writer.chance(15) else []
    return Module(
        f"{folder}/versions/{number:04}_step.py",
        (
            *first,
            Line(f'revision = "{number:04}"'),
            Line(f"down_revision = {before}"),
            under("def upgrade():", *done),
            under("def downgrade():", Line("pass")),
        ),
    )
