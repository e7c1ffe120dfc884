"""The service norms as presets: data, and not built yet."""
