"""The names of models in the editor: where they are written, what may be written, and how they are renamed."""
