"""Operation of a deployed environment, with the code of its handlers."""

import sys

from ops import checkout

sys.path.append(str(checkout.ROOT / "handlers"))
