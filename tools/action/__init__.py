"""What ``action.yml`` runs on GitHub: the check with its files, and the comment on a pull request."""
