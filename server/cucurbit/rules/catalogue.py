"""Every rule, in the order in which the documentation lists them."""

from __future__ import annotations

from cucurbit.analysis import suppression
from cucurbit.analysis.rule import Rule
from cucurbit.rules import (
    aggregator_incomplete,
    bypasses_aggregator,
    circular_import,
    configuration,
    create_all_with_migrations,
    duplicate_table,
    existing_table_masked,
    import_failure_hidden,
    migration_failure_swallowed,
    migrations_silence_logging,
    model_not_in_migrations,
    models_before_migrations,
    models_redefined,
    module_loaded_twice,
    query_before_migrations,
    reserved_attribute,
    several_metadata,
    start_command_missing,
    unprotected_registration_import,
)

RULES: tuple[Rule, ...] = (
    duplicate_table.RULE,
    module_loaded_twice.RULE,
    models_before_migrations.RULE,
    model_not_in_migrations.RULE,
    bypasses_aggregator.RULE,
    aggregator_incomplete.RULE,
    import_failure_hidden.RULE,
    reserved_attribute.RULE,
    migration_failure_swallowed.RULE,
    create_all_with_migrations.RULE,
    query_before_migrations.RULE,
    models_redefined.RULE,
    existing_table_masked.RULE,
    circular_import.RULE,
    several_metadata.RULE,
    unprotected_registration_import.RULE,
    migrations_silence_logging.RULE,
    start_command_missing.RULE,
    configuration.RULE,
    suppression.RULE,
)

BY_NAME = {rule.name: rule for rule in RULES}

NAMES = frozenset(BY_NAME)
"""The names that settings and comments may use."""
