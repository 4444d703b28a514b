"""Around an estate that is there already."""
