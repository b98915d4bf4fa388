"""Connexion: applications described by OpenAPI."""

from __future__ import annotations

from cucurbit.simulate.core.package import Package

PACKAGE = Package(name="Connexion", applications={"Connexion": True, "FlaskApp": True})
