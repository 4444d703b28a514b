"""`python -m ops` is `payctl` without its preparations."""

from __future__ import annotations

import sys

from ops.cli import main

sys.exit(main())
