"""The server of the Model Context Protocol: coding agents ask it about a workspace. It only reads."""
