"""Every model module, Base first. env.py and the app import this one; models never do."""

from app.db import Base
from app import models, models_domain, models_extra

__all__ = ["Base", "models", "models_domain", "models_extra"]
