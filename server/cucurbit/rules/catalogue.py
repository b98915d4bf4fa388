"""Every rule, in the order in which the documentation lists them."""

from __future__ import annotations

from cucurbit.rules import (
    circular_import,
    configuration,
    duplicate_table,
    existing_table_masked,
    import_failure_hidden,
    models_before_migrations,
    models_redefined,
    module_loaded_twice,
    query_before_migrations,
    reserved_attribute,
    suppression,
)
from cucurbit.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    duplicate_table.RULE,
    module_loaded_twice.RULE,
    models_before_migrations.RULE,
    import_failure_hidden.RULE,
    reserved_attribute.RULE,
    query_before_migrations.RULE,
    models_redefined.RULE,
    existing_table_masked.RULE,
    circular_import.RULE,
    configuration.RULE,
    suppression.RULE,
)

BY_NAME = {rule.name: rule for rule in RULES}

NAMES = frozenset(BY_NAME)
"""The names that settings and comments may use."""
