"""Generates pages of docs/, tables, schemas and settings from the code: ``python -m tools.docs [--check]``."""
