"""Mutated input of every kind: files, workspaces through every command, protocol sessions, edits."""
