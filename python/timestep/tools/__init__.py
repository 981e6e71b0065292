"""Tools as users define them: typed functions, functions on plain dicts, and tools the model's host runs."""
