"""What every test relies on."""

# Before any test imports provider bindings: the package decides how they are loaded.
import constructs_lib  # noqa: F401
