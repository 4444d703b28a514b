"""The areas of an environment, one a file.

An area takes what it reads as parameters and returns what others need. It makes its constructs directly in
the stack: their paths, and with them Terraform's addresses, do not know areas.
"""
