"""Start a case from an application: `python starter.py FILE [--json]`.

The same as `kuasheng case start`, for portals that run a program a filing.
"""

from __future__ import annotations

import sys

from cli.main import main

if __name__ == "__main__":
    sys.argv[1:1] = ["case", "start"]
    main()
