"""Every rule, in the order in which the documentation lists them."""

from __future__ import annotations

from cucurbit.analysis.rule import RuleSet
from cucurbit.rules import (
    aggregator_incomplete,
    alembic_config_missing,
    analysis_incomplete,
    back_populates,
    bypasses_aggregator,
    circular_import,
    column_ignored,
    configuration,
    constraint_column,
    create_all_with_migrations,
    duplicate_target_metadata,
    entry_point_fails,
    env_py_hides_import,
    env_py_import_path,
    existing_table_masked,
    foreign_key_target,
    import_failure_hidden,
    mapping_incomplete,
    migration_failure_swallowed,
    migrations_not_awaited,
    migrations_not_modelled,
    migrations_per_worker,
    migrations_silence_logging,
    model_not_in_migrations,
    models_not_migrated,
    models_redefined,
    query_before_migrations,
    relationship_cascade,
    relationship_expression,
    relationship_join,
    relationship_overlaps,
    relationship_target,
    revision_fails,
    revision_follows_models,
    revision_irreversible,
    revision_operation,
    revision_undefined_name,
    schemas_not_compared,
    several_metadata,
    start_command_missing,
    startup_handler_ignored,
    unescaped_percent,
    unnamed_constraint,
    unused_ignore,
)
from cucurbit.rules.duplicate_table import finding as duplicate_table
from cucurbit.rules.models_before_migrations import finding as models_before_migrations
from cucurbit.rules.module_loaded_twice import finding as module_loaded_twice
from cucurbit.rules.reserved_attribute import finding as reserved_attribute
from cucurbit.rules.revision_graph import finding as revision_graph
from cucurbit.rules.unprotected_registration_import import finding as unprotected_registration_import
from cucurbit.rules.unsafe_migration import concurrently, not_null, rename, type_change
from cucurbit.rules.unsafe_migration import index as unsafe_index
from cucurbit.rules.unsafe_migration import unique as unsafe_unique

RULES = RuleSet(
    (
        duplicate_table.RULE,
        module_loaded_twice.RULE,
        models_before_migrations.RULE,
        model_not_in_migrations.RULE,
        bypasses_aggregator.RULE,
        aggregator_incomplete.RULE,
        import_failure_hidden.RULE,
        reserved_attribute.RULE,
        foreign_key_target.RULE,
        relationship_target.RULE,
        relationship_expression.RULE,
        relationship_join.RULE,
        back_populates.RULE,
        relationship_overlaps.RULE,
        relationship_cascade.RULE,
        constraint_column.RULE,
        mapping_incomplete.RULE,
        migration_failure_swallowed.RULE,
        create_all_with_migrations.RULE,
        query_before_migrations.RULE,
        models_redefined.RULE,
        existing_table_masked.RULE,
        circular_import.RULE,
        entry_point_fails.RULE,
        several_metadata.RULE,
        duplicate_target_metadata.RULE,
        schemas_not_compared.RULE,
        env_py_hides_import.RULE,
        env_py_import_path.RULE,
        alembic_config_missing.RULE,
        unescaped_percent.RULE,
        migrations_per_worker.RULE,
        migrations_not_awaited.RULE,
        startup_handler_ignored.RULE,
        revision_graph.RULE,
        revision_operation.RULE,
        revision_fails.RULE,
        unnamed_constraint.RULE,
        revision_follows_models.RULE,
        revision_irreversible.RULE,
        not_null.RULE,
        unsafe_unique.RULE,
        type_change.RULE,
        unsafe_index.RULE,
        concurrently.RULE,
        rename.RULE,
        models_not_migrated.RULE,
        migrations_not_modelled.RULE,
        revision_undefined_name.RULE,
        column_ignored.RULE,
        unprotected_registration_import.RULE,
        migrations_silence_logging.RULE,
        start_command_missing.RULE,
        configuration.RULE,
        analysis_incomplete.RULE,
        unused_ignore.RULE,
    )
)

NAMES = RULES.names
"""The names that settings and comments may use."""
