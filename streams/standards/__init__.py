"""The service norms as presets: data that says what is promised, and by which signal it shows.

`preset(name)` reads one; `hotline standards` shows them. No norm is measured here.
"""

from streams.standards.presets import NAMES, Norm, Preset, Target, preset

__all__ = ["NAMES", "Norm", "Preset", "Target", "preset"]
