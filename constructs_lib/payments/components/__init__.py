"""Components of an environment, one per module.

A component takes the components that it uses as parameters. It creates its constructs directly in the stack,
so Terraform addresses do not depend on components.
"""
