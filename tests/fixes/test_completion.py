"""Which fixes write a model module into the aggregator, and for whom that changes something."""

from __future__ import annotations

from cucurbit.analysis.edits import Fix
from cucurbit.analysis.engine import analyse, findings
from cucurbit.fixes.gate import Gate
from cucurbit.fixes.quick_fixes import fixes_for
from cucurbit.opening import folder_workspace
from cucurbit.rules.catalogue import NAMES, RULES
from cucurbit.workspace.tree.files import MemoryTree

ENVIRONMENT = {
    "alembic.ini": "[alembic]\nscript_location = alembic\nprepend_sys_path = .\n",
    "alembic/env.py": "from alembic import context\n\nimport core.models\nfrom core.db import Base\n\n"
    "context.configure(target_metadata=Base.metadata)\ncontext.run_migrations()\n",
    "core/__init__.py": "",
    "core/db.py": "from sqlalchemy.orm import declarative_base\n\nBase = declarative_base()\n",
    "core/models/__init__.py": "from core.models.order import Order\nfrom core.models.user import User\n",
}


def model(name: str) -> str:
    return (
        "from sqlalchemy import Column, Integer\n\nfrom core.db import Base\n\n\n"
        f"class {name.title()}(Base):\n"
        f'    __tablename__ = "{name}"\n    id = Column(Integer, primary_key=True)\n'
    )


def completions(files: dict[str, str]) -> list[Fix]:
    """The fixes of the tables that env.py misses which write into the aggregator."""
    models = {f"core/models/{name}.py": model(name) for name in ("order", "user")}
    context = analyse(folder_workspace(MemoryTree({**ENVIRONMENT, **models, **files}), NAMES))
    found = [each for each in findings(context, RULES) if each.rule == "model-not-in-migrations"]
    assert found
    offered = (fix for each in found for fix in fixes_for(Gate(context, RULES), each))
    return [fix for fix in offered if any(edit.path == "core/models/__init__.py" for edit in fix.edits)]


def test_it_is_safe_where_every_program_executes_the_module_already() -> None:
    main = "from fastapi import FastAPI\n\nimport core.models\nimport core.models.item\n\napp = FastAPI()\n"
    (fix,) = completions({"core/models/item.py": model("item"), "main.py": main})
    assert (fix.title, fix.safe, fix.note) == ("Import core.models.item in core/models/__init__.py", True, "")


def test_it_names_the_programs_that_will_execute_the_module() -> None:
    files = {
        "core/models/item.py": model("item"),
        "main.py": "from fastapi import FastAPI\n\nimport core.models\nimport core.models.item\n\napp = FastAPI()\n",
        "other.py": "from fastapi import FastAPI\n\nimport core.models\n\napp = FastAPI()\n",
    }
    (fix,) = completions(files)
    assert not fix.safe
    assert fix.note == "other:app will execute core.models.item too: check what importing that does."


def test_a_model_of_another_package_is_not_written_into_one_that_lists_its_own() -> None:
    files = {
        "admin/__init__.py": "",
        "admin/notes.py": model("note"),
        "main.py": "from fastapi import FastAPI\n\nimport admin.notes\nimport core.models\n\napp = FastAPI()\n",
    }
    assert completions(files) == []
