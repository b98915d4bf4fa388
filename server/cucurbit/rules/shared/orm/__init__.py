"""What SQLAlchemy does with tables and mapped classes: at import, when it configures mappers, in DDL."""
