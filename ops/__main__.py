"""`python -m ops` is `payctl` without its preparations."""

import sys

from ops.cli import main

sys.exit(main())
